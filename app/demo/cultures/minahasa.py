"""Minahasa Tenggara, in the north of Sulawesi: a Christian name, and the father's family name."""

from app.demo.names import Addresses, Culture, Generation, Lists, Origin

_MALE = {
    Generation.ELDER: Lists(
        given=(
            "JOHANIS", "FRANS", "HENDRIK", "WILLEM", "DANIEL", "PETRUS", "NICOLAAS", "YAN",
            "ALBERT", "DANTJE", "BERNARD", "KAREL", "LODEWIJK", "MARTHIN", "OTTO", "RUDOLF",
            "SIMON", "THEO", "WELLY", "YUSTUS", "ELIAS", "ARIE", "BUANG", "FERDINAND",
        ),
        second=("YOHANES", "WILLEM", "HENDRIK", "ALEXANDER", "MARTHIN", "FREDRIK"),
        leads=("JOHAN", "YAN"),
        share_single=0.75,
        share_lead=0.05,
    ),
    Generation.PARENT: Lists(
        given=(
            "JEMMY", "FERRY", "DENNY", "STENLY", "RONNY", "HENGKY", "JOPPY", "MEIDY", "NOLDY",
            "RIVO", "SONNY", "VECKY", "WENNY", "YANTJE", "ROBBY", "DOLFIE", "EDWIN", "FRANGKY",
            "GERSON", "HERRY", "INYO", "JANTJE", "KALVIN", "MAIKEL", "NOVRY", "RICHARD", "STEVEN",
            "TOMMY", "VENTJE", "YOKE",
        ),
        second=("HENDRIK", "ALEXANDER", "JEFFRY", "MARTHEN", "RUDOLF", "STEVANUS", "YOHANIS"),
        leads=("JOHN", "YOHANES"),
        share_single=0.6,
        share_lead=0.05,
    ),
    Generation.CHILD: Lists(
        given=(
            "JONATHAN", "GABRIEL", "KEVIN", "CHRISTIAN", "RAFAEL", "VALENTINO", "DAVE", "MARCHEL",
            "JEREMY", "REYNALDO", "BRAYEN", "GLENN", "JUAN", "MATTHEW", "NATHANAEL", "STEVEN",
            "TIMOTHY", "YEHEZKIEL", "ALVARO", "CLAY", "FARREL", "GERALD", "IMANUEL", "JOSUA",
            "KENZO", "LIONEL", "MIKHAEL", "RIVALDO",
        ),
        second=("IMANUEL", "CHRISTIAN", "GABRIEL", "ALEXANDER", "JUNIOR", "PUTRA", "GIOVANNI"),
        leads=("JOHN", "YOHANES", "CHRISTO"),
        share_single=0.3,
        share_lead=0.08,
    ),
}  # fmt: skip
_FEMALE = {
    Generation.ELDER: Lists(
        given=(
            "MARIA", "MARTHA", "ELISABETH", "NELTJE", "JOHANA", "ANNA", "AGUSTINA", "CORNELIA",
            "DINA", "ENGELINA", "FENTJE", "GRIETJE", "HELENA", "JULIANA", "KATRINTJE", "LEENTJE",
            "MARGARETHA", "NORTJE", "PAULINA", "RACHEL", "SARTJE", "WILHELMINA", "YOSINA",
        ),
        second=("MARIA", "JOHANA", "WILHELMINA", "AGUSTINA", "ELISABETH"),
        leads=("ANNA", "MARIA"),
        share_single=0.75,
        share_lead=0.05,
    ),
    Generation.PARENT: Lists(
        given=(
            "MEITY", "VONNY", "DEISY", "FEIBY", "JULIN", "LINDA", "MERRY", "NOVA", "OLGA", "RITA",
            "SELVI", "SINTJE", "TREESJE", "VERA", "WELMA", "YULIANA", "ALTJE", "DEETJE", "ELVI",
            "GREITY", "HERLINA", "IVONNE", "JENNY", "LEIDY", "MASYE", "NEVIE", "ROSYE", "STELLA",
        ),
        second=("MARIA", "YOLANDA", "AGUSTIEN", "MARGARETHA", "NATALIA", "JULIANA"),
        leads=("MARIA", "ANNA"),
        share_single=0.6,
        share_lead=0.05,
    ),
    Generation.CHILD: Lists(
        given=(
            "GRACE", "ANGEL", "CHRISTY", "GLORIA", "JESSICA", "KEYSIA", "NATASYA", "PRICILIA",
            "REGINA", "SHARON", "TESALONIKA", "VANIA", "AURELIA", "BRIGITA", "CLARA", "DEBORA",
            "EIFEL", "FIORENCIA", "GABRIELA", "INJILIA", "JUNITA", "KEZIA", "MIRACLE", "NOVELIA",
            "QUEENSYA", "STEVANY", "VALENCIA",
        ),
        second=("GLORIA", "CHRISTY", "NATALIA", "GRACIA", "MARIA", "ANASTASYA", "PUTRI"),
        leads=("MARIA", "CHRIST"),
        share_single=0.3,
        share_lead=0.06,
    ),
}  # fmt: skip
_FAMILIES = (
    "TUMBELAKA", "RUMENGAN", "LUMINTANG", "PANGEMANAN", "MAMAHIT", "RORING", "WOWOR", "KALALO",
    "SUMUAL", "TAMBUWUN", "LANGI", "MANDAGI", "RATU", "OROH", "PELEALU", "KAWENGIAN", "WUISAN",
    "TULANDI", "MOKOAGOW", "RINDENGAN", "SAJOW", "UMBOH", "KANDOU", "LASUT", "MONDORINGIN",
    "NGANTUNG", "PONTOH", "RAWIS", "SENDUK", "TOLIU", "WALANGITAN", "MAMOTO",
)  # fmt: skip

_ORIGINS = (
    Origin("RATAHAN", "710701"),
    Origin("TOMBATU", "710705"),
    Origin("BELANG", "710703"),
    Origin("TONDANO", "710201"),
    Origin("AMURANG", "710501"),
    Origin("MANADO", "717101"),
    Origin("TOMOHON", "717301"),
    Origin("AIRMADIDI", "710601"),
    Origin("KOTAMOBAGU", "717401"),
    Origin("TUTUYAN", "711001"),
    Origin("LIRUNG", "710401"),
)

MINAHASA = Culture(
    male=_MALE,
    female=_FEMALE,
    origins=_ORIGINS,
    addresses=(
        Addresses(0.7, "JAGA {name}", ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")),
        Addresses(
            0.3,
            "{name} NO. {number}",
            (
                "JL. RAYA RATAHAN",
                "JL. TRANS SULAWESI",
                "JL. GEREJA",
                "JL. PANTAI",
                "LORONG SEKOLAH",
            ),
        ),
    ),
    surnames=_FAMILIES,
)
