"""Kotawaringin Timur, on Borneo: Dayak along the rivers, Banjar on the coast, Javanese settlers."""

from app.demo.names import Addresses, Culture, Generation, Lists, Origin

_SECOND_MALE = (
    "RAHMAN", "NOOR", "EFENDI", "SAPUTRA", "HIDAYAT", "SETIAWAN", "RIFANI", "ANSYARI", "TUNDAN",
    "NGABE", "UGANG", "SUSANTO", "WAHYUDI", "ARSYAD", "FADILLAH", "SALEH", "IRAWAN", "PRASETYO",
    "GUNAWAN", "DUHA", "TARUNG",
)  # fmt: skip
_SECOND_FEMALE = (
    "HASANAH", "WATI", "RAHMAH", "LESTARI", "SARI", "NOOR", "NINGSIH", "HAYATI", "APRIANTI",
    "KARTIKA", "NURJANAH", "MAGDALENA", "RAHAYU", "HERLINA", "YANTI", "NATALIA", "SUSANTI",
)  # fmt: skip

_MALE = {
    Generation.ELDER: Lists(
        given=(
            "HATTA", "DJUHRI", "ASRANI", "BAHRUN", "UDAK", "TINGANG", "MASTUR", "JUMRI", "SABRAN",
            "INTAN", "DURIP", "SUNGKAI", "RAMLI", "UTUH", "KASTALANI", "SLAMET", "KARDI", "TIMBUNG",
            "LANTING", "MARDI", "HANAFI", "DEHEN", "SAHRUN", "SUPARNO", "AINI", "BAKERI",
        ),
        second=("BIN UTUH", "JAYA", *_SECOND_MALE[:10]),
        leads=("ABDUL", "HAJI", "GUSTI", "ACHMAD"),
        share_single=0.6,
        share_lead=0.1,
    ),
    Generation.PARENT: Lists(
        given=(
            "RAHMADI", "SYAHRANI", "YUDI", "HENDRA", "RUSDI", "AGUS", "HERIYANTO", "YANSEN",
            "BERTO", "ARBAIN", "JUNAIDI", "FAHRUL", "MISRAN", "ANANG", "SURYANTO", "ISKANDAR",
            "LUKAS", "SUPIAN", "RINTO", "TEGUH", "DENI", "SAIDI", "WARDI", "MARKUS", "NORMAN",
            "HADRI",
        ),
        second=_SECOND_MALE,
        leads=("MUHAMMAD", "AHMAD", "H.", "NOOR", "ABDUL", "GUSTI"),
        share_single=0.4,
        share_lead=0.2,
    ),
    Generation.CHILD: Lists(
        given=(
            "RIZKY", "RAFLI", "AKMAL", "DIMAS", "GILANG", "ILHAM", "NOVAL", "REZA", "YOGI", "ANDRE",
            "BAGUS", "CALVIN", "DAVID", "EZRA", "FAHRI", "GIO", "HAFIZ", "JORDI", "KEVIN", "MAHDI",
            "NAUFAL", "PASHA", "RANGGA", "SYAHRIL", "TIO", "ZIDAN",
        ),
        second=("RAMADHAN", "SAPUTRA", "PRATAMA", "MAULANA", "HIDAYAT", "PUTRA", "AZHARI", "NOOR"),
        leads=("MUHAMMAD", "AHMAD", "M.", "MUHAMMAD"),
        share_single=0.07,
        share_lead=0.34,
    ),
}  # fmt: skip
_FEMALE = {
    Generation.ELDER: Lists(
        given=(
            "GALUH", "MASTURA", "JUMANTAN", "ASIAH", "RUSNAH", "INAI", "TIWE", "SAMPIT", "ALUH",
            "HADIJAH", "NORSIAH", "SALASIAH", "KAMSIAH", "BATUAH", "RINCING", "SUMARNI", "LAMIANG",
            "MURSINAH", "BULAN", "ACIL", "JAMIAH", "KARINAH", "PAINEM", "UNDANG",
        ),
        second=("BINTI UTUH", *_SECOND_FEMALE[:9]),
        leads=("SITI", "HAJJAH", "GUSTI"),
        share_single=0.65,
        share_lead=0.1,
    ),
    Generation.PARENT: Lists(
        given=(
            "NORHAYATI", "RUSMINI", "HERLINA", "MARIANI", "YULIANA", "SARINAH", "ERNI", "LISA",
            "RAHIMAH", "NORLAILA", "DIANA", "MISNAWATI", "ANITA", "RINA", "SANTI", "TITIN", "WENDY",
            "MELATI", "EVA", "HELDA", "IRMAWATI", "LENI", "NORIDA", "SRI", "SUSILAWATI",
        ),
        second=_SECOND_FEMALE,
        leads=("SITI", "NOOR", "HJ.", "SRI"),
        share_single=0.45,
        share_lead=0.2,
    ),
    Generation.CHILD: Lists(
        given=(
            "AULIA", "NABILA", "SITI", "ZAHRA", "KEYSA", "NURUL", "AMELIA", "BUNGA", "CHELSEA",
            "DINA", "ELSA", "FITRI", "GITA", "HIKMAH", "INDAH", "KARTIKA", "LATIFAH", "MAYA",
            "NADIA", "PUTRI", "RAISA", "SALMA", "TIARA", "VANESA", "YESI", "ZASKIA",
        ),
        second=("AZZAHRA", "RAMADHANI", "PUTRI", "SARI", "NATALIA", "RAHMAH", "AMALIA", "HASANAH"),
        leads=("SITI", "NOOR", "NUR", "MARIA"),
        share_single=0.1,
        share_lead=0.2,
    ),
}  # fmt: skip

_ORIGINS = (
    Origin("SAMPIT", "620206"),
    Origin("SAMPIT", "620205"),
    Origin("KUALA PEMBUANG", "620701"),
    Origin("BANJARMASIN", "637101"),
    Origin("AMUNTAI", "630801"),
    Origin("KASONGAN", "620601"),
    Origin("PALANGKA RAYA", "627101"),
    Origin("PANGKALAN BUN", "620101"),
    Origin("MARTAPURA", "630301"),
    Origin("NGAWI", "352101"),
    Origin("PURUK CAHU", "621201"),
    Origin("BLORA", "331601"),
    Origin("SURABAYA", "357801"),
)

BORNEO = Culture(
    male=_MALE,
    female=_FEMALE,
    origins=_ORIGINS,
    addresses=(
        Addresses(
            0.6,
            "{name} NO. {number}",
            (
                "JL. TJILIK RIWUT", "JL. HM. ARSYAD", "JL. PELITA", "JL. SAMEKTO", "JL. BAAMANG",
                "JL. KEMBALI", "GG. KARYA", "JL. DERMAGA", "JL. POROS DESA", "GG. SEPAKAT",
            ),
        ),
        Addresses(0.25, "HANDIL {name}", ("SEPAKAT", "BARU", "MUARA", "TENGAH", "HULU", "HILIR")),
        Addresses(0.15, "BLOK {block} NO. {number}", ("",)),
    ),
)  # fmt: skip
