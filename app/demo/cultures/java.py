"""Bojonegoro, in the east of Java: elders have one word for a name, children have three."""

from app.demo.names import Addresses, Culture, Generation, Lists, Origin

_SECOND_MALE = (
    "SANTOSO", "SUSANTO", "WIBOWO", "PRASETYO", "SETIAWAN", "WAHYUDI", "SISWANTO", "HARIYANTO",
    "PURNOMO", "UTOMO", "RAHARJO", "SUTRISNO", "NUGROHO", "HANDOKO", "WIDODO", "PRAYITNO",
    "SUPRAPTO", "BASUKI", "HIDAYAT", "ROHMAN", "MUSTOFA", "HUDA", "ARIFIN", "KUSUMA", "MUJIONO",
    "SUGIARTO", "WIJAYANTO", "CAHYONO", "SAPUTRO", "MUSLIM",
)  # fmt: skip
_SECOND_FEMALE = (
    "LESTARI", "RAHAYU", "WATI", "NINGSIH", "HANDAYANI", "ASTUTI", "WAHYUNI", "SUSANTI", "UTAMI",
    "WULANDARI", "PUSPITASARI", "INDAHWATI", "NURYANTI", "SETYOWATI", "KUSUMAWATI", "MUFIDAH",
    "ROHMAH", "KHASANAH", "FATIMAH", "KURNIAWATI", "YULIANI", "MAHMUDAH", "PURWATI", "SULISTYOWATI",
)  # fmt: skip
_MUHAMMAD = ("MOHAMMAD", "MUHAMMAD", "MUCHAMMAD", "AHMAD", "MOCHAMMAD", "MOCH.", "MOH.", "M.")

_MALE = {
    Generation.ELDER: Lists(
        given=(
            "KASMIN", "SUPARMAN", "PARJO", "SUWITO", "SARDI", "TASMIN", "LASIMAN", "PAIDI",
            "KARMIN", "JASMANI", "SUKIMIN", "WAGIMAN", "TARMUJI", "SAMIJAN", "RASMIN", "DARMO",
            "SOEKARDI", "SOEPARDI", "NGADIMAN", "MARSUDI", "PONIRAN", "KASDI", "SOEWARNO", "TARSIM",
            "DJUMAIN", "SAKIMAN", "MUSLAN", "SARPAN", "WARIDI", "MUNAWAR",
        ),
        second=("HADI", "WIRYO", "KARTO", "UTOMO", "SISWOYO", *_SECOND_MALE[:12]),
        leads=("ABDUL", "ACHMAD", "RADEN", "MOH."),
        share_single=0.8,
        share_lead=0.05,
    ),
    Generation.PARENT: Lists(
        given=(
            "SUTRISNO", "AGUS", "JOKO", "EKO", "SLAMET", "BUDI", "SUYANTO", "PURWANTO", "HERI",
            "SUPRIYANTO", "DWI", "BAMBANG", "WAHYU", "SUGENG", "TEGUH", "IMAM", "SUWARNO", "DIDIK",
            "MULYONO", "RUDI", "YANTO", "ARIF", "NUR", "SUKAMTO", "SISWANDI", "EDI", "DARMAJI",
            "KUSNADI", "LILIK", "MASHURI", "NYOTO", "PRIYO", "TRI", "UNTUNG", "ZAINUL",
        ),
        second=_SECOND_MALE,
        leads=(*_MUHAMMAD, "ABDUL", "NUR", "IMAM"),
        share_single=0.42,
        share_lead=0.14,
    ),
    Generation.CHILD: Lists(
        given=(
            "RIZKY", "DIMAS", "BAGAS", "ADITYA", "FAJAR", "BAYU", "ILHAM", "ALFIAN", "DANI", "RAFA",
            "ARGA", "GALIH", "RENDRA", "FERDI", "IRFAN", "AZZAM", "DAFA", "REHAN", "SATRIO",
            "YUSUF", "ABIMANYU", "BIMA", "DENIS", "FATHIR", "GILANG", "HAFIDZ", "KELVIN", "NABIL",
            "PANDU", "RADITYA", "VINO", "WISNU", "ZAKY", "ARKA",
        ),
        second=(
            "PRATAMA", "SAPUTRA", "PRASETYO", "RAMADHAN", "MAULANA", "WICAKSONO", "NUGROHO",
            "ARDIANSYAH", "KURNIAWAN", "FIRMANSYAH", "HIDAYAT", "PUTRA", "SETYAWAN", "ALFARIZI",
        ),
        leads=(*_MUHAMMAD, "AHMAD", "MUHAMMAD"),
        share_single=0.04,
        share_lead=0.3,
    ),
}  # fmt: skip
_FEMALE = {
    Generation.ELDER: Lists(
        given=(
            "SUMIATI", "KASMI", "PARTI", "SARMI", "TASMI", "LASMI", "SUKINEM", "WAGINEM", "RUKINI",
            "SARINEM", "KASIYATUN", "DARMI", "JUMIATI", "SITI", "PONIYEM", "NGATINI", "SUTINI",
            "SUWARTI", "MUNTIAH", "SAKIYEM", "SOELASTRI", "RATEMI", "SITIN", "MARSINI", "KARTINI",
            "SUPIYAH", "TUMINEM", "YATMI", "SARIPAH", "MUJIATI",
        ),
        second=("SITI", "RAHAYU", "AMINAH", *_SECOND_FEMALE[:10]),
        leads=("SITI", "SRI"),
        share_single=0.86,
        share_lead=0.05,
    ),
    Generation.PARENT: Lists(
        given=(
            "SRI", "SITI", "ENDANG", "DWI", "SULASTRI", "YULI", "RINI", "ANIK", "SUPRIHATIN",
            "TITIK", "WIWIK", "LILIK", "ERNA", "NUR", "SUNARTI", "ISTIQOMAH", "DARYATI", "ENI",
            "INDAH", "KARSINI", "LULUK", "MARYATI", "NANIK", "PUJI", "RATNA", "SUMARNI", "TUTIK",
            "UMI", "WINARTI", "YAYUK", "ZULAIKAH",
        ),
        second=_SECOND_FEMALE,
        leads=("SITI", "SRI", "NUR", "DWI", "TRI"),
        share_single=0.36,
        share_lead=0.3,
    ),
    Generation.CHILD: Lists(
        given=(
            "PUTRI", "NABILA", "AULIA", "DINDA", "INTAN", "SALSA", "RISMA", "ANGGUN", "AYU",
            "BELLA", "CAHYA", "DEWI", "ELSA", "FARA", "GITA", "HANA", "ICHA", "KIRANA", "LAILA",
            "MELATI", "NAYLA", "OLIVIA", "RARA", "SEKAR", "TALITA", "VINA", "WULAN", "ZAHRA",
            "ANINDYA", "AQILA", "SHAFIRA", "NISA",
        ),
        second=(
            "PUTRI", "LESTARI", "RAMADHANI", "AZZAHRA", "SALSABILA", "WULANDARI", "MAHARANI",
            "NURAINI", "OKTAVIA", "ANGGRAENI", "SAFITRI", "KHOIRUNNISA", "AMELIA", "PERMATASARI",
        ),
        leads=("SITI", "DWI", "NUR", "SRI", "DEWI"),
        share_single=0.05,
        share_lead=0.18,
    ),
}  # fmt: skip

_ORIGINS = (
    Origin("BOJONEGORO", "352215"),
    Origin("BOJONEGORO", "352206"),
    Origin("TUBAN", "352301"),
    Origin("LAMONGAN", "352401"),
    Origin("BOJONEGORO", "352210"),
    Origin("NGAWI", "352101"),
    Origin("BLORA", "331601"),
    Origin("NGANJUK", "351801"),
    Origin("SURABAYA", "357801"),
    Origin("GRESIK", "352501"),
    Origin("SIDOARJO", "351501"),
    Origin("SEMARANG", "337401"),
    Origin("SLEMAN", "340401"),
)
_DUSUNS = (
    "KRAJAN", "KEDUNG SARI", "NGASEM", "SUMBER AGUNG", "PANDANTOYO", "TEMLOKOREJO", "NGROWO",
    "BANJARJO", "KALIGEDE", "PLOSOLANANG", "JATI GEMBOL", "SENDANG REJO", "GROGOLAN", "TLATAH",
    "BULU KIDUL", "MOJO LEGI", "KARANG DOWO", "DUKUHAN", "BENDO", "WEDI KULON",
)  # fmt: skip
_STREETS = (
    "JL. PANGLIMA SUDIRMAN", "JL. DIPONEGORO", "JL. RAYA BABAT", "JL. TEUKU UMAR", "GG. MASJID",
    "JL. PATTIMURA", "JL. VETERAN", "GG. MELATI", "JL. RAYA CEPU", "JL. HASYIM ASYARI",
)  # fmt: skip

JAVA = Culture(
    male=_MALE,
    female=_FEMALE,
    origins=_ORIGINS,
    addresses=(
        Addresses(0.8, "DUSUN {name}", _DUSUNS),
        Addresses(0.2, "{name} NO. {number}", _STREETS),
    ),
)
