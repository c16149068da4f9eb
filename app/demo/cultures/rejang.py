"""Rejang Lebong, in the hills of Bengkulu: Rejang, with Javanese, Sundanese and Minang settlers."""

from app.demo.names import Addresses, Culture, Generation, Lists, Origin

_SECOND_MALE = (
    "EFENDI", "HASAN", "SAPUTRA", "WIJAYA", "HIDAYAT", "GUNAWAN", "KURNIAWAN", "YANSYAH", "IRAWAN",
    "SYAPUTRA", "HARIYANTO", "JAYA", "TONI", "APRIZAL", "SANTOSO", "ADI PUTRA", "MARZUKI", "SOPIAN",
    "ALAMSYAH", "RAMADHAN", "SUSANTO", "PRATAMA",
)  # fmt: skip
_SECOND_FEMALE = (
    "WATI", "SUSANTI", "SARI", "LESTARI", "YANI", "HARTATI", "ANGGRAINI", "FITRIA", "MARLENA",
    "OKTAVIA", "HANDAYANI", "NENGSI", "APRIANI", "PUSPITA", "JULITA", "HASANAH", "NOVITA", "RAHAYU",
)  # fmt: skip

_MALE = {
    Generation.ELDER: Lists(
        given=(
            "ZAINUDIN", "SAHABUDIN", "RUSLAN", "BAHARUDIN", "ALI", "JALIL", "SYAFEI", "UMAR",
            "BURHAN", "DAHLAN", "ISMAIL", "KADIR", "MAHMUD", "NAWAWI", "RAMLAN", "SAMAN", "TARMIZI",
            "USMAN", "YAKUB", "ZAKARIA", "SUKARDI", "KASIMIN", "MERAH", "SENTOT", "DJALALUDIN",
        ),
        second=("HASAN", "ABDULLAH", "KARIM", *_SECOND_MALE[:8]),
        leads=("ABDUL", "DEPATI", "M.", "A."),
        share_single=0.6,
        share_lead=0.12,
    ),
    Generation.PARENT: Lists(
        given=(
            "HENDRI", "YULIAN", "FIRMAN", "ANTON", "BUDI", "DARMAN", "EDI", "FERI", "HERMAN",
            "IWAN", "JONI", "KHAIRUL", "MEDI", "NOPRI", "PERI", "RIDWAN", "SAMSUL", "TARMUZI",
            "UJANG", "WAWAN", "YANTO", "ZULKIFLI", "ALEX", "AMRAN", "DEDI", "HARLES", "LUKMAN",
        ),
        second=_SECOND_MALE,
        leads=("MUHAMMAD", "ABDUL", "AHMAD", "NOVI", "M."),
        share_single=0.35,
        share_lead=0.15,
    ),
    Generation.CHILD: Lists(
        given=(
            "RAFI", "AFDAL", "BINTANG", "DAFA", "FADIL", "GALIH", "HABIB", "IQBAL", "KENZI",
            "LUTFI", "NAUFAL", "OKTA", "RIFKI", "SULTAN", "TEGUH", "VIRGI", "WAHYU", "ZIKRI",
            "AGIL", "ARJUNA", "DIRGA", "FERDI", "GENTA", "REHAN", "RENDI",
        ),
        second=("PRATAMA", "SAPUTRA", "RAMADHAN", "AL FATIH", "ALFARIZI", "PUTRA", "AKBAR"),
        leads=("MUHAMMAD", "AHMAD", "MUHAMAD", "M."),
        share_single=0.06,
        share_lead=0.32,
    ),
}  # fmt: skip
_FEMALE = {
    Generation.ELDER: Lists(
        given=(
            "ROHANI", "SITI", "ZUBAIDAH", "NURSIAH", "MARYAM", "HALIMAH", "JUBAIDAH", "KARTINI",
            "LAILA", "MASTURA", "NURBAYA", "RATNA", "SALMA", "TIMAH", "UMI", "YULIAR", "ZAINAB",
            "AMINAH", "BUNGA", "CIK AYU", "DJAMILAH", "RAINA", "SUKEMI", "TUKIYEM",
        ),
        second=("BINTI ALI", *_SECOND_FEMALE[:10]),
        leads=("SITI", "NUR", "CIK"),
        share_single=0.65,
        share_lead=0.12,
    ),
    Generation.PARENT: Lists(
        given=(
            "YULI", "HERLINA", "LINDA", "MEGA", "NETI", "POPI", "RENI", "SUSI", "TITI", "WIWIN",
            "YENI", "ZURAIDA", "ANITA", "DARNA", "ELI", "FITRI", "GUSTI", "HARTINI", "IDA", "JULIA",
            "LENI", "MARTINI", "NURLELA", "RITA", "SRI", "TRISNA",
        ),
        second=_SECOND_FEMALE,
        leads=("SITI", "NUR", "SRI", "DEWI"),
        share_single=0.35,
        share_lead=0.18,
    ),
    Generation.CHILD: Lists(
        given=(
            "AISYAH", "CINTA", "DELIA", "FEBI", "GITA", "HANI", "INTAN", "KEYLA", "LATIFA",
            "MEISYA", "NADIA", "OLIVIA", "PUTRI", "QONITA", "RANI", "SELPI", "TASYA", "VIOLA",
            "WULAN", "YOLANDA", "ZAHRA", "AQILA", "BELLA", "CHIKA", "NAZWA",
        ),
        second=("PUTRI", "AZZAHRA", "RAMADANI", "OKTAVIA", "SARI", "ANGGRAINI", "LESTARI"),
        leads=("SITI", "NUR", "DEWI", "PUTRI"),
        share_single=0.08,
        share_lead=0.2,
    ),
}  # fmt: skip

_ORIGINS = (
    Origin("CURUP", "170209"),
    Origin("CURUP", "170219"),
    Origin("KEPAHIANG", "170801"),
    Origin("LUBUK LINGGAU", "167301"),
    Origin("BENGKULU", "177101"),
    Origin("MUSI RAWAS", "160501"),
    Origin("ARGA MAKMUR", "170301"),
    Origin("PALEMBANG", "167101"),
    Origin("KARANG TINGGI", "170901"),
    Origin("PAINAN", "130101"),
    Origin("BINTUHAN", "170401"),
    Origin("BANDUNG", "327301"),
    Origin("WONOGIRI", "331201"),
)

REJANG = Culture(
    male=_MALE,
    female=_FEMALE,
    origins=_ORIGINS,
    addresses=(
        Addresses(
            0.6,
            "DUSUN {name}",
            ("I", "II", "III", "IV", "TALANG", "MUARA", "TEBAT", "AIR PUTIH", "SUKA SARI"),
        ),
        Addresses(
            0.4,
            "{name} NO. {number}",
            (
                "JL. MERDEKA", "JL. AHMAD MARZUKI", "JL. SUKOWATI", "JL. S. SUKOWATI",
                "JL. BATU GALING", "JL. LINTAS CURUP", "GG. AMAN", "GG. SEHATI",
            ),
        ),
    ),
)  # fmt: skip
