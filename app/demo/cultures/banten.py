"""Cilegon, at the tip of Java: Sundanese and Javanese, with Betawi neighbours to the east."""

from app.demo.names import Addresses, Culture, Generation, Lists, Origin

_MUHAMMAD = ("MUHAMAD", "MUHAMMAD", "MOCHAMAD", "MOHAMAD", "MUHAMMAD", "M.", "MUHAMAD", "MUH.")
_SECOND_MALE = (
    "HIDAYAT", "SAPUTRA", "SETIAWAN", "KURNIAWAN", "RAMADHAN", "FIRMANSYAH", "MAULANA", "SUPRIYADI",
    "GUNAWAN", "WIJAYA", "PRATAMA", "NUGRAHA", "FAUZI", "ROHMAN", "SURYANA", "ABDULLAH", "HAKIM",
    "SANTOSO", "PURNOMO", "IRAWAN", "SUHENDRA", "MUBAROK", "HERMAWAN", "SUNANDAR", "RAHMAT",
    "HASANUDIN", "SYARIF", "ANWAR", "SUBAGJA", "PERMANA", "SOLEH", "BASUKI", "ZAELANI", "WAHYUDI",
)  # fmt: skip
_SECOND_FEMALE = (
    "LESTARI", "RAHAYU", "WATI", "FITRIANI", "HANDAYANI", "SARI", "NURHAYATI", "ANGGRAENI",
    "MULYANI", "SUSANTI", "APRIANI", "OKTAVIANI", "MAESAROH", "PUSPITASARI", "KHASANAH", "AMELIA",
    "YULIANTI", "HASANAH", "ROHMAH", "MARLINA", "AGUSTINA", "JUBAEDAH", "WULANDARI", "ASTUTI",
    "PERMATASARI", "MAULIDA", "HERAWATI", "UTAMI", "FADILAH", "KURNIASIH", "NINGSIH", "SAFITRI",
)  # fmt: skip

_MALE = {
    Generation.ELDER: Lists(
        given=(
            "SARMAN", "JUHRI", "SANWANI", "MADSARI", "RASIDI", "SUPARDI", "SAFRUDIN", "MARJUKI",
            "SUHAEMI", "JUMADI", "SAKRI", "ROHANI", "ASMAWI", "KASMAN", "SLAMET", "NASIHIN",
            "MASHURI", "SURATMAN", "JAMHARI", "SADELI", "TARMIDI", "DULHADI", "SUKARDI", "MISRAN",
            "KARTA", "ENTONG", "JUMRI", "SARIPUDIN", "ARSUDIN", "UJANG", "SANUSI", "BUANG", "MUKRI",
            "SALIM", "SAJIDI", "SUPARMAN", "DJUNAEDI", "WARSITO", "HAMBALI", "MAD YUSUP",
        ),
        second=("HASAN", "SALEH", "SURYADI", "MUKMIN", "ASNAWI", "IDRIS", *_SECOND_MALE),
        leads=("TUBAGUS", "ENTUS", "ABDUL", "ACHMAD", "MOCH.", "RADEN"),
        share_single=0.55,
        share_lead=0.12,
    ),
    Generation.PARENT: Lists(
        given=(
            "AGUS", "DEDI", "ASEP", "IWAN", "HENDRA", "RUDI", "SUHERMAN", "EKO", "DENI", "ADE",
            "YUDI", "SAEFUL", "ANDI", "UDIN", "BUDI", "MULYADI", "HERI", "NANA", "SUPRIYATNA",
            "IRFAN", "JAENUDIN", "TATANG", "AHYANI", "ROHMAT", "SAMSUDIN", "ENDANG", "HIDAYATULLAH",
            "MASRUDIN", "WAWAN", "BAHRUDIN", "FERI", "ARIS", "SAMSUL", "HAERUDIN", "CECEP", "DIDI",
            "ISKANDAR", "JOKO", "NURDIN", "OPIK", "SOBRI", "TOPIK", "YAYAN", "ZAENAL", "SUTRISNO",
        ),
        second=_SECOND_MALE,
        leads=(*_MUHAMMAD, "AHMAD", "ABDUL", "TUBAGUS", "ENTOL", "NUR"),
        share_single=0.2,
        share_lead=0.22,
    ),
    Generation.CHILD: Lists(
        given=(
            "RIZKI", "FAJAR", "ALDI", "ILHAM", "RAFI", "RAFFA", "DIMAS", "FARHAN", "ALIF", "BAGAS",
            "FADLI", "RENDI", "AZKA", "DAFFA", "ZIDAN", "GALANG", "HAIKAL", "REZA", "NAUFAL",
            "ARYA", "IKHSAN", "FAREL", "GIBRAN", "RAIHAN", "AKBAR", "SATRIA", "KENZIE", "ABIZAR",
            "BAYU", "DANISH", "EGI", "HAFIZ", "IQBAL", "KEVIN", "LUTHFI", "NIZAM", "PUTRA",
            "RADITYA", "SYAHRUL", "VINO", "WILDAN", "YOGA", "ARSYA", "EL FATIH", "ARKAN",
        ),
        second=(
            "RAMADHAN", "MAULANA", "PRATAMA", "SAPUTRA", "AL FARIZI", "ALFARIZQI", "FIRMANSYAH",
            "AKBAR", "HIDAYAT", "PUTRA", "NUGROHO", "ABDILLAH", "SYAHPUTRA", "ARDIANSYAH",
            "FADILLAH", "ALVARO", "ZAKARIA", "PERMANA", "KURNIAWAN", "HAKIM", "ALFATIH", "WIJAYA",
        ),
        leads=(*_MUHAMMAD, "MUHAMMAD", "AHMAD", "ABDUL", "TB."),
        share_single=0.05,
        share_lead=0.38,
    ),
}  # fmt: skip

_FEMALE = {
    Generation.ELDER: Lists(
        given=(
            "ROHANI", "SARMINAH", "JUMENAH", "SUPINAH", "RUKMINI", "ARMANAH", "KASIYEM", "SANIYAH",
            "MASNAH", "JUHAENI", "ASIAH", "SARIAH", "RATNASIH", "SUTINAH", "MARYAM", "HALIMAH",
            "KHODIJAH", "SUNARTI", "ROGAYAH", "MUNAH", "SAMAH", "UMI KULSUM", "NASIAH", "TUMINAH",
            "ENCUM", "SALMAH", "RASTINI", "JAMILAH", "WASIAH", "ROBIAH", "PARTINI", "ARSANI",
            "MUNIROH", "SAPIAH", "UNAH", "IYOH", "KARTINI", "SAMSIAH", "TARWIYAH", "MURSIDAH",
        ),
        second=("BINTI SALEH", "KULSUM", "ROHAYATI", "SUMIATI", *_SECOND_FEMALE),
        leads=("SITI", "RATU", "NYI", "TI", "UMI"),
        share_single=0.62,
        share_lead=0.16,
    ),
    Generation.PARENT: Lists(
        given=(
            "YANTI", "SUMIATI", "NENENG", "ERNAWATI", "ROHAYATI", "LILIS", "EUIS", "MARYATI",
            "YULI", "RINA", "HERLINA", "IIS", "SUSI", "ENENG", "MULYATI", "LINDA", "NUNUNG",
            "FITRI", "DEWI", "ELI", "ATIKAH", "MASITOH", "KOKOM", "DIAN", "ANITA", "ROSITA",
            "SUHAENAH", "TITIN", "UUN", "HAYATI", "IDA", "JUARIAH", "MURNI", "NANI", "RATNA",
            "SULASTRI", "WARTINI", "YENI", "ZUBAEDAH", "SUPRIHATIN", "AAN", "CUCU", "DESI",
        ),
        second=_SECOND_FEMALE,
        leads=("SITI", "SRI", "NUR", "SITI", "DEWI", "RATU", "EVA", "IKA"),
        share_single=0.26,
        share_lead=0.26,
    ),
    Generation.CHILD: Lists(
        given=(
            "AULIA", "NABILA", "PUTRI", "ZAHRA", "SALSABILA", "KEYSHA", "ALYA", "NAYLA", "CITRA",
            "ANISA", "INTAN", "SYIFA", "AISYAH", "NAJWA", "TIARA", "AMANDA", "RISKA", "SAFIRA",
            "BUNGA", "DINDA", "KHANZA", "FEBI", "HANIFAH", "MEYSA", "RANIA", "ELSA", "GHINA",
            "INDAH", "JIHAN", "LAILA", "MELATI", "NADIA", "RAHMA", "SINTIA", "TALITA", "VIONA",
            "WIDYA", "YASMIN", "ADELIA", "BILQIS", "CHIKA", "FARAH", "HUMAIRA", "SHAKILA", "SASKIA",
        ),
        second=(
            "PUTRI", "RAMADHANI", "AZZAHRA", "NURAINI", "SALSABILA", "MAHARANI", "KHOIRUNNISA",
            "LESTARI", "OKTAVIA", "ZAHRA", "RAMADANI", "SAFITRI", "HUMAIROH", "ANGGRAINI", "AULIA",
            "FITRIA", "PERMATA", "NUR FADILAH", "AMELIA", "KIRANA", "RAHMAWATI", "JANNAH",
        ),
        leads=("SITI", "NUR", "NURUL", "SITI", "RATU", "DEWI", "SRI"),
        share_single=0.07,
        share_lead=0.24,
    ),
}  # fmt: skip

# The commonest first. Newcomers came from the regencies around, from Lampung across the strait,
# from the north coast of Java along the trunk road, and from farther away to the steelworks.
_ORIGINS = (
    Origin("CILEGON", "367202"),
    Origin("CILEGON", "367205"),
    Origin("SERANG", "367301"),
    Origin("SERANG", "367302"),
    Origin("CILEGON", "367208"),
    Origin("PANDEGLANG", "360101"),
    Origin("SERANG", "367305"),
    Origin("CILEGON", "367203"),
    Origin("LEBAK", "360201"),
    Origin("SERANG", "367306"),
    Origin("TANGERANG", "367101"),
    Origin("PANDEGLANG", "360103"),
    Origin("LEBAK", "360203"),
    Origin("BREBES", "332901"),
    Origin("TEGAL", "332801"),
    Origin("CIREBON", "327401"),
    Origin("BANDAR LAMPUNG", "187101"),
    Origin("JAKARTA", "317301"),
    Origin("METRO", "187201"),
    Origin("INDRAMAYU", "321201"),
    Origin("TEGAL", "337601"),
    Origin("PALEMBANG", "167101"),
    Origin("KEBUMEN", "330501"),
    Origin("BANDUNG", "327301"),
    Origin("PURWOREJO", "330601"),
    Origin("PADANG", "137101"),
    Origin("WONOGIRI", "331201"),
    Origin("SURABAYA", "357801"),
    Origin("MEDAN", "127101"),
    Origin("LAMONGAN", "352401"),
)

# Kampungs are "lingkungan" in Cilegon, LINK. for short.
_KAMPUNGS = (
    "KRENCENG", "CIBEBER", "TEMU PUTIH", "SUMAMPIR", "PALAS", "KADIPATEN", "JERANG BARAT",
    "KEDUNG BAYA", "GEREM RAYA", "SUKAJADI", "CIKERUT", "PEGANTUNGAN", "KUBANG WELUT", "LEUWI SAWO",
    "TEGAL WANGI", "PABEAN", "SAMANG RAYA", "BARU GAYA", "KARANG TENGAH", "CIORA WETAN", "PECINAN",
    "SERUNI", "TEGAL CABE", "LEBAK GEBANG", "KAMPUNG BARU", "PASIR SALAM", "CUPAS KULON", "MEDEK",
    "CIWADUK", "WERI", "KALIBARU", "GUNUNG WATU",
)  # fmt: skip
_STREETS = (
    "JL. RAYA ANYER", "JL. SULTAN AGENG TIRTAYASA", "JL. AHMAD YANI", "JL. KH. WASYID",
    "JL. TEUKU UMAR", "JL. RAYA MERAK", "JL. KYAI TAPA", "JL. YASIN BEJI", "JL. ARGA BAJA",
    "JL. PAGEBANGAN", "JL. SUNAN KALIJAGA", "JL. IR. SUTAMI", "JL. NYIMAS MELATI", "GG. MASJID",
    "GG. MUSHOLA", "GG. H. SANUSI", "GG. MANGGA", "GG. KELAPA DUA", "GG. SAWO", "JL. BUYUT ARMAN",
)  # fmt: skip
_ESTATES = (
    "PERUM GRIYA SERDANG", "PERUM BUKIT PALEM", "KOMP. KRAKATAU BAJA", "PERUM TAMAN CILEGON",
    "PERUM PONDOK CILEGON", "PERUM METRO VILLA", "PERUM ARGA BAJA PURA", "PERUM GRIYA PRAJA",
)  # fmt: skip

BANTEN = Culture(
    male=_MALE,
    female=_FEMALE,
    origins=_ORIGINS,
    addresses=(
        Addresses(0.60, "LINK. {name}", _KAMPUNGS),
        Addresses(0.25, "{name} NO. {number}", _STREETS),
        Addresses(0.15, "{name} BLOK {block} NO. {number}", _ESTATES),
    ),
)
