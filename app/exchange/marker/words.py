"""What the marker says besides the problems themselves."""

from app.domain.errors import Said

SEVERITIES = {
    "": Said(id="", en=""),
    "error": Said(id="SALAH", en="ERROR"),
    "warning": Said(id="PERIKSA", en="LOOK"),
}
ROWS = Said(id="Baris data", en="Rows of data")
GOOD = Said(id="Baris tanpa masalah", en="Rows without a problem")
BAD = Said(id="Baris yang salah (merah)", en="Rows with errors (red)")
DOUBTFUL = Said(id="Baris untuk diperiksa lagi (kuning)", en="Rows to look at again (yellow)")
UNCOMMENTED = Said(id="Sel tanpa komentar", en="Cells without a comment")
WHY_UNCOMMENTED = Said(
    id="Satu berkas memuat paling banyak {most} komentar, separuhnya untuk yang salah. Sel lainnya "
    "hanya berwarna; pesannya ada di kolom {column}.",
    en="A file has {most} comments at most, half of them for errors. The other cells are in colour "
    "only; the column {column} says why.",
)
PROBLEMS = Said(id="Masalah", en="Problems")
PROBLEM_TITLES = (
    Said(id="Kolom", en="Columns"),
    Said(id="Status", en="Status"),
    Said(id="Jumlah", en="How many"),
    Said(id="Pertama pada baris", en="First in row"),
    Said(id="Yang perlu dilakukan (contoh)", en="What to do (as said of the first)"),
    Said(id="Kode", en="Code"),
)
NONE_FOUND = Said(id="Tidak ada masalah.", en="There are no problems.")
UNKNOWN = Said(
    id="Kolom yang tidak kami kenal; isinya tidak dibaca",
    en="Columns that we do not know; what is in them is not read",
)
NOTES = Said(id="Catatan tentang berkas yang dikirim", en="About the file that was sent")
HOW_TO = Said(id="Cara melanjutkan", en="How to go on")
STEPS = (
    Said(
        id="Perbaiki sel merah di lembar Data; arahkan penunjuk ke sel untuk membaca sebabnya. Sel "
        "kuning cukup diperiksa lagi.",
        en="Correct the red cells of the sheet Data; point at one to read why. Yellow ones only "
        "have to be looked at again.",
    ),
    Said(
        id="Saring kolom {status} untuk melihat hanya baris yang bermasalah.",
        en="Filter the column {status} to see only the rows that have a problem.",
    ),
    Said(
        id="Biarkan judul kolom. Kolom {status} dan {messages} boleh tetap ada; keduanya tidak "
        "dibaca.",
        en="Leave the names of the columns. {status} and {messages} may stay; they are not read.",
    ),
    Said(
        id="Simpan sebagai .xlsx, lalu unggah sebagai impor baru. Baris yang sudah diterapkan "
        "boleh ikut: tidak ada yang tercatat dua kali.",
        en="Save it as .xlsx and upload it as a new import. Rows that were applied may be in it: "
        "nothing is recorded twice.",
    ),
)
LOST = Said(id="Yang berbeda dari berkas Anda", en="What differs from your file")
LOSSES = (
    Said(
        id="Semua sel ditulis sebagai teks, tanggal sebagai hari/bulan/tahun. Hanya angka dan "
        "tanggal di kolom teks yang tetap seperti adanya, sampai Anda memperbaikinya.",
        en="All cells are text, dates day/month/year. Only numbers and dates in columns of text "
        "stay what they were, until you correct them.",
    ),
    Said(
        id="Warna, huruf, lebar kolom, sel gabungan, komentar, rumus (yang ada hasilnya), gambar, "
        "filter, dan lembar lain dari berkas Anda tidak ikut. Simpan berkas aslinya.",
        en="Colours, fonts, widths, merged cells, comments, formulas (their results are there), "
        "pictures, filters and other sheets of your file are not in it. Keep the original.",
    ),
)
