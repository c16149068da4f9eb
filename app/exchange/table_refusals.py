"""Why a file of rows is not read. Each says what its sender can do about it."""

from app.domain.errors import Incomplete, Said


class FileRefused(Incomplete):
    """A file that is not read, or not to its end."""


class FileNotATable(FileRefused):
    """It is something else, whatever it is called."""

    title = Said(id="Berkas ini bukan tabel", en="This file is no table")
    detail = Said(
        id="Kirim XLSX, atau CSV dengan koma, titik koma atau tab di antara kolom. Berkas .xls, "
        ".ods atau halaman web: buka di Excel atau LibreOffice, simpan sebagai .xlsx, lalu kirim "
        "lagi.",
        en="Send XLSX, or CSV with commas, semicolons or tabs between columns. An .xls, an .ods or "
        "a web page: open it in Excel or LibreOffice, save it as .xlsx and send that.",
    )


class EmptyFile(FileRefused):
    """Nothing stands in it."""

    title = Said(id="Berkas ini kosong", en="This file is empty")
    detail = Said(
        id="Tidak ada satu sel pun yang terisi pada lembar kerja pertama yang terlihat. Isi, "
        "simpan, lalu kirim lagi.",
        en="No cell of the first visible sheet holds anything. Fill it in, save it and send it "
        "again.",
    )


class Encrypted(FileRefused):
    """It opens with a password only."""

    title = Said(id="Berkas ini berkata sandi", en="This file is protected by a password")
    detail = Said(
        id="Simpan tanpa kata sandi, lalu kirim lagi.",
        en="Save it without a password and send it again.",
    )


class Broken(FileRefused):
    """It is cut off or damaged."""

    title = Said(id="Berkas ini rusak", en="This file is damaged")
    detail = Said(
        id="Berkas terpotong atau rusak. Buka di Excel atau LibreOffice, simpan sebagai berkas "
        "baru, lalu kirim lagi.",
        en="The file is cut off or damaged. Open it in Excel or LibreOffice, save it under a new "
        "name and send that.",
    )


class SuspiciousFile(FileRefused):
    """It is made as no spreadsheet program makes one."""

    title = Said(id="Susunan berkas ini mencurigakan", en="This file is made suspiciously")
    detail = Said(
        id="Isinya tidak seperti yang ditulis Excel atau LibreOffice dan mungkin berbahaya. Salin "
        "tabelnya ke lembar kerja baru, simpan sebagai .xlsx, lalu kirim berkas baru itu.",
        en="It is not as Excel or LibreOffice write files, and may do harm. Copy the table into a "
        "new workbook, save that as .xlsx and send it.",
    )


class TooBig(FileRefused):
    """A workbook of this size is not held in memory."""

    title = Said(id="Buku kerja ini terlalu besar", en="This workbook is too big")
    detail = Said(
        id="Simpan lembar kerjanya sebagai CSV lalu kirim CSV itu, atau pecah menjadi beberapa "
        "berkas.",
        en="Save the sheet as CSV and send that, or split it into several files.",
    )


class TooManyColumns(FileRefused):
    """It is wider than any layout."""

    title = Said(id="Kolomnya terlalu banyak", en="There are too many columns")
    detail = Said(
        id="Paling banyak {limit} kolom. Hapus kolom di sebelah kanan tabel, juga yang tampak "
        "kosong, lalu kirim lagi.",
        en="There may be {limit} columns. Delete those to the right of the table, also where they "
        "look empty, and send the file again.",
    )


class SheetTooLong(FileRefused):
    """It is longer than files of its kind are read."""

    title = Said(id="Barisnya terlalu banyak", en="There are too many rows")
    detail = Said(
        id="Paling banyak {limit} baris, termasuk yang kosong. Hapus baris kosong di bawah tabel; "
        "bila datanya memang sebanyak itu, kirim CSV atau pecah menjadi beberapa berkas.",
        en="There may be {limit} rows, empty ones included. Delete the empty rows below the table; "
        "if the data is as long as that, send CSV or split it into several files.",
    )


class TooManyEmptyRows(FileRefused):
    """Most of it is nothing."""

    title = Said(id="Baris kosongnya terlalu banyak", en="There are too many empty rows")
    detail = Said(
        id="Ada lebih dari {limit} baris kosong. Hapus baris kosong itu, lalu kirim lagi.",
        en="There are more than {limit} empty rows. Delete them and send the file again.",
    )


class CellTooLong(FileRefused):
    """A cell holds more than a spreadsheet lets people type."""

    title = Said(id="Isi sel terlalu panjang", en="A cell is too long")
    detail = Said(
        id="Ada sel yang isinya lebih dari {limit} karakter. Persingkat, lalu kirim lagi.",
        en="A cell holds more than {limit} characters. Shorten it and send the file again.",
    )


class LineTooLong(FileRefused):
    """A cell of a CSV file is too long, or its quotation mark is never closed."""

    title = Said(id="Isi baris terlalu panjang", en="A line is too long")
    detail = Said(
        id="Pada baris {line} ada isi yang lebih dari {limit} karakter. Persingkat; atau carilah "
        "di sana tanda kutip yang tidak ditutup. Lalu kirim lagi.",
        en="In line {line} something is longer than {limit} characters. Shorten it; or look there "
        "for a quotation mark that is never closed. Then send the file again.",
    )


class BrokenQuotes(FileRefused):
    """Quotation marks are not in pairs, so nobody knows where a cell ends."""

    title = Said(id="Tanda kutip tidak berpasangan", en="Quotation marks are not in pairs")
    detail = Said(
        id="Pada isi yang dimulai di baris {line} tanda kutip tidak ditutup, atau ada tulisan "
        "sesudahnya. Perbaiki atau simpan ulang dari Excel, lalu kirim lagi.",
        en="In what begins in line {line} a quotation mark is not closed, or something follows it. "
        "Correct it, or save the file from Excel anew, and send it again.",
    )


class NulCharacter(FileRefused):
    """It is damaged, or no text."""

    title = Said(id="Ada karakter nol", en="There is a NUL character")
    detail = Said(
        id="Baris {line} berisi karakter nol, yang tidak dapat disimpan. Hapus atau simpan ulang "
        "berkasnya, lalu kirim lagi.",
        en="Line {line} holds a NUL character, which cannot be kept. Delete it, or save the file "
        "anew, and send it again.",
    )


class UnknownEncoding(FileRefused):
    """It is text in none of the ways we read."""

    title = Said(id="Penyandian teks tidak dikenali", en="The encoding is not known")
    detail = Said(
        id="Baris {line} bukan UTF-8 dan bukan Windows-1252. Simpan berkas sebagai CSV UTF-8, lalu "
        "kirim lagi.",
        en="Line {line} is neither UTF-8 nor Windows-1252. Save the file as CSV UTF-8 and send it "
        "again.",
    )


class ReadingFailed(FileRefused):
    """The reader ran out of memory or time, or did not survive the file."""

    title = Said(id="Berkas ini gagal dibaca", en="This file could not be read")
    detail = Said(
        id="Membacanya melampaui batas memori atau waktu. Salin tabelnya ke lembar kerja baru, "
        "atau simpan sebagai CSV, lalu kirim berkas itu.",
        en="Reading it takes more memory or time than there is. Copy the table into a new "
        "workbook, or save it as CSV, and send that.",
    )


REFUSALS = {kind.code(): kind for kind in FileRefused.__subclasses__()}
