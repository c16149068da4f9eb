"""What people and regions are found by.

`name_words` brings a name to what its spellings have in common, and `name_keys` gives what it is
found by. The triggers that keep `name_key` and the query that searches it call the same two
functions, so they cannot disagree. Another rule is another migration, which fills the table anew.

Of a name, in this order:

1. Lower case; accents and apostrophes go (Ma'ruf is Maruf), other punctuation is a blank.
2. Titles go, before the name and after it, and so do bin and binti. Were nothing left, they stay.
3. What is abbreviated is written out. M. is Muhammad only as the first of several words.
4. What is written in one word or in two is two: Nurhayati, Abdurrahman.
5. One sound, one spelling: that of before 1947 and 1972 (oe dj tj sj; nj and some j at the start),
   that of Arabic (kh and ch are h; dz is z; sy is s), ae is ai, uw is u, x is ks, and the few
   Arabic names that have an o as often as an a (Rohmat, Soleh, Khoirul).
6. One letter for those that are mistaken for one another: f v p, q k, y i. z is j where a word
   begins (Zainal, Jaenal), and z and j are s elsewhere (Rizki, Riski; Fauzi, Fauji). h goes but
   for the first letter, and th, dh, sh with it.
7. ie is i, a double letter is one, the last d is t and the last b is p. Muhammad is one name.
8. Of what is left: the first eight words, each once, sorted.

Not made one, because they tell people apart: c and k, a and o, u and o, e and i, l and r.
"""
# ruff: noqa: S608 - statements are made of the rules in this file

import sqlalchemy as sa
from alembic import op

from migrations.security import grant, scope

revision = "0007_names"
down_revision = "0006_surveys"
branch_labels = None
depends_on = None

MOST_WORDS = 8
LONGEST_WORD = 40

# While a name is worked on, every word stands between two blanks of its own: what is put in or
# taken out takes them along, so that neighbours share none. ^ stands before the first word.
# In the rules _ is a blank; in the titles a dot is what the dot of S.Pd. leaves.
APOSTROPHES = "'`\""
TITLES = """
    h hj hjh haji hajjah kh kyai kiai ust ustad ustadz ustadzah tgk teungku tgh gus pdt prof dr drg
    drs dra ir tn ny nn sdr sdri bpk alm almh als alias bin binti bt bte b
    se sh spd spdi sag ssos skom skep sip amd mm mh msi mpd mkes mag
    s.e s.h s.t s.pd s.pd.i s.pdi s.ag s.sos s.i.p s.ip s.kom s.kep s.si s.hi s.st s.tr
    m.si m.pd m.m m.h m.kes m.ag m.kom a.md a.ma
"""
ABBREVIATIONS = """
    ^_m__:^_muhammad__ _moh_:_muhammad_ _mohd_:_muhammad_ _muh_:_muhammad_ _mhd_:_muhammad_
    _muhd_:_muhammad_ _moch_:_muhammad_ _much_:_muhammad_ _mch_:_muhammad_
    _ach_:_ahmad_ _achm_:_ahmad_ _ahm_:_ahmad_ _abd_:_abdul_ _abdl_:_abdul_
    ^_st__:^_siti__ _tb_:_tubagus_ _rd_:_raden_
"""
COMPOUNDS = """
    _abdurr:_abdul__r _abduss:_abdul__s _abdulr:_abdul__r _abdur_:_abdul_ _abdus_:_abdul_
    _abdu_:_abdul_ _abdur:_abdul__r _abdus:_abdul__s _abdulloh_:_abdullah_
"""
SOUNDS = """
    chandr:candr chint:cint chr:kr ch:h kh:h hoer:hair hoir:hair rohm:rahm _rohim_:_rahim_
    sholeh:saleh soleh:saleh hodij:hadij
    oe:u oo:u dj:j tj:c _nj:_ny sj:sy _jusu:_yusu _jahja:_yahya _jako:_yako _jakub:_yakub
    _johan:_yohan _josep:_yosep surja:surya wijaja:wijaya rahaju:rahayu mulja:mulya
    dz:z sy:s ck:k x:ks uw:u _y:_Y _h:_H _z:_J _j:_J
"""
LETTERS = ("fvqyzjh", "ppkiss")  # h has no counterpart: it goes
AFTERWARDS = """
    ae:ai ie:i aa:a bb:b cc:c dd:d ee:e gg:g ii:i kk:k ll:l mm:m nn:n pp:p rr:r ss:s tt:t uu:u ww:w
    d_:t_ b_:p_ _moamat_:_muamat_ _muamet_:_muamat_ _moamet_:_muamat_ _amet_:_amat_
"""


def replaced(said: str, rules: str) -> str:
    """The SQL that applies `from:to`, one rule after the other."""
    for rule in rules.split():
        old, new = rule.replace("_", " ").split(":")
        said = f"replace({said}, '{old}', '{new}')"
    return said


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


TITLE = " (?:" + "|".join(word.replace(".", "  ") for word in TITLES.split()) + ") "
MARKS = rf"[\u0300-\u036f\u00b4\u2018\u2019\u02bc{APOSTROPHES}]"

# In the order in which one needs the other.
FUNCTIONS = (
    f"""
    CREATE FUNCTION name_plain(said text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE
        WHEN said ~ '^[A-Za-z ]*$' THEN lower(said)
        WHEN octet_length(said) = length(said)
        THEN regexp_replace(
            translate(lower(said), {quoted(APOSTROPHES)}, ''), '[^a-z0-9]', ' ', 'g'
        )
        ELSE regexp_replace(
            regexp_replace(normalize(lower(said), NFD), {quoted(MARKS)}, '', 'g'),
            '[^[:alnum:]]', ' ', 'g'
        )
    END
    """,
    rf"""
    CREATE FUNCTION name_words(said text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = public, pg_temp AS $$
    DECLARE
        plain text := btrim(name_plain(said));
        name text;
        untitled text;
        words text[];
    BEGIN
        IF position('  ' IN plain) > 0 THEN
            plain := regexp_replace(plain, ' +', ' ', 'g');
        END IF;
        name := '^ ' || replace(plain, ' ', '  ') || ' ';
        untitled := regexp_replace(name, '{TITLE}', '', 'g');
        IF untitled <> '^' THEN
            name := untitled;
        END IF;
        name := {replaced("name", ABBREVIATIONS)};
        IF position('abd' IN name) > 0 THEN
            name := {replaced("name", COMPOUNDS)};
        END IF;
        IF name ~ 'nur|noer' THEN
            name := regexp_replace(name, ' (nurul|noerul)([a-z]{{3}})', ' nurul  \2', 'g');
            name := regexp_replace(name, ' (nur|noer)(?!ul )([a-z]{{4}})', ' nur  \2', 'g');
        END IF;
        name := {replaced("name", SOUNDS)};
        name := lower(translate(name, '{LETTERS[0]}', '{LETTERS[1]}'));
        name := {replaced("name", AFTERWARDS)};
        words := array_remove(string_to_array(substr(name, 2), ' '), '');
        IF length(name) <= {LONGEST_WORD} AND cardinality(words) = 2 THEN -- three in five names
            IF words[1] < words[2] COLLATE "C" THEN
                RETURN words;
            ELSIF words[1] > words[2] COLLATE "C" THEN
                RETURN ARRAY[words[2], words[1]];
            END IF;
        END IF;
        RETURN ARRAY(
            SELECT word FROM (
                SELECT left(w.each, {LONGEST_WORD}) COLLATE "C" AS word
                FROM unnest(words) WITH ORDINALITY AS w (each, place)
                GROUP BY word ORDER BY min(place) LIMIT {MOST_WORDS}
            ) AS first_words ORDER BY word
        );
    END $$
    """,
    """
    CREATE FUNCTION name_keys(words text[], birth_date date) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_temp AS $$
    DECLARE
        keys text[] := words;
        many integer := cardinality(words);
        n integer;
        m integer;
    BEGIN
        FOR n IN 1 .. many LOOP
            FOR m IN n + 1 .. many LOOP
                keys := keys || (words[n] || ' ' || words[m]);
            END LOOP;
            IF birth_date IS NOT NULL THEN
                keys := keys || (words[n] || '|' || birth_date::text);
            END IF;
        END LOOP;
        IF many > 2 THEN
            keys := keys || array_to_string(words, ' ');
        END IF;
        RETURN keys;
    END $$
    """,
)

# Bulk goes the same way as one row: once per statement, whoever sends it, with his own rights.
FOUND_BY = """
    WITH named AS MATERIALIZED (
        SELECT id, scope_code, birth_date, name_words(name) AS words FROM {rows} AS t {which}
    )
    SELECT key, cardinality(words) AS words, scope_code, id AS member_id
    FROM named, unnest(name_keys(words, birth_date)) AS key
"""
UNLIKE = """
    WHERE NOT EXISTS (
        SELECT FROM {others} AS o
        WHERE (o.id, o.scope_code, o.name) = (t.id, t.scope_code, t.name)
        AND o.birth_date IS NOT DISTINCT FROM t.birth_date
    )
"""
KEEP = "INSERT INTO name_key (key, words, scope_code, member_id) {rows} ORDER BY key"
DROP = """
    DELETE FROM name_key AS k USING ({rows}) AS gone
    WHERE (k.key, k.words, k.scope_code, k.member_id)
        = (gone.key, gone.words, gone.scope_code, gone.member_id)
"""


def found_by(rows: str, *, unlike: str | None = None) -> str:
    """The keys of these members; only of those that are not so among the others."""
    return FOUND_BY.format(rows=rows, which=UNLIKE.format(others=unlike) if unlike else "")


OLD, NEW = "OLD TABLE AS old_rows", "NEW TABLE AS new_rows"
TRIGGERS = {
    "insert": (NEW, [KEEP.format(rows=found_by("new_rows"))]),
    "update": (
        f"{OLD} {NEW}",
        [
            DROP.format(rows=found_by("old_rows", unlike="new_rows")),
            KEEP.format(rows=found_by("new_rows", unlike="old_rows")),
        ],
    ),
    "delete": (OLD, [DROP.format(rows=found_by("old_rows"))]),
}


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for function in FUNCTIONS:
        op.get_bind().exec_driver_sql(function)  # to Alembic, (?:h is a parameter
    op.create_table(
        "name_key",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("words", sa.SmallInteger(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
    )
    # First the triggers: from then on nobody else writes members until all of this is done, so
    # that no name is entered between the filling and the keeping.
    for event, (rows, statements) in TRIGGERS.items():
        _on_member(event, rows, statements)
    op.execute(KEEP.format(rows=found_by("member")))
    op.create_primary_key(
        op.f("pk_name_key"), "name_key", ["key", "words", "scope_code", "member_id"]
    )
    scope("name_key")
    grant("SELECT, INSERT, DELETE", "name_key")
    _other_ways_to_find()


def _on_member(event: str, rows: str, statements: list[str]) -> None:
    op.execute(
        f"CREATE FUNCTION name_key_at_{event}() RETURNS trigger LANGUAGE plpgsql "
        "SET search_path = public, pg_temp AS $$ BEGIN "
        f"{'; '.join(statements)}; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER name_key_at_{event} AFTER {event} ON member REFERENCING {rows} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION name_key_at_{event}()"
    )


def _other_ways_to_find() -> None:
    op.create_index(
        op.f("ix_member_nik_scope_code"),
        "member",
        ["nik", "scope_code"],
        postgresql_where=sa.text("nik IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_family_card_number_scope_code"),
        "family",
        ["card_number", "scope_code"],
        postgresql_where=sa.text("card_number IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_region_name"),
        "region",
        ["name"],
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_region_name"), "region")
    op.drop_index(op.f("ix_family_card_number_scope_code"), "family")
    op.drop_index(op.f("ix_member_nik_scope_code"), "member")
    for event in TRIGGERS:
        op.execute(f"DROP TRIGGER name_key_at_{event} ON member")
        op.execute(f"DROP FUNCTION name_key_at_{event}")
    op.drop_table("name_key")
    op.execute("DROP FUNCTION name_keys, name_words, name_plain")
    op.execute("DROP EXTENSION pg_trgm")
