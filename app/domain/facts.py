"""What a step may depend on besides state and role, and how whoever is barred by it is refused.

Facts come from the database; which of them a row asks for stands in its table.
"""

from enum import StrEnum

from app.domain.errors import Conflict, NotPermitted, Refusal, Said


class Fact(StrEnum):
    """What may hold of a subject, or of somebody and a subject."""

    DISTRICT_CHECKS = "district_checks"  # the regency's policy lets the district check
    DISTRICT_FORWARDS = "district_forwards"  # it does not
    OTHER_VILLAGE = "other_village"  # a second village has to be as far with its own proposal
    OWN_WORK = "own_work"  # the actor is the author of what he decides on
    OWN_FAMILY = "own_family"  # it is about people the actor lives with, or about himself
    VERIFIED_IT = "verified_it"  # the actor is who verified it for the regency
    SCAN_MISSING = "scan_missing"  # the signed paper of its village is not attached
    OTHERS_WORD = "others_word"  # the last word on it is not a decision of the actor's own
    OWN_ACCOUNT = "own_account"
    OTHERS_ACCOUNT = "others_account"
    ON_ITS_WAY = "on_its_way"  # a proposal about it is with a tier above the village's desk
    PROPOSED = "proposed"  # a proposal about it is not yet ended
    ONCE_REGISTERED = "once_registered"  # it has a DTKS id, which is never taken back
    LISTED = "listed"  # somebody stands in the list of the decree
    OTHERS_JOB = "others_job"  # somebody else asked for the job
    OTHERS_IMPORT = "others_import"  # somebody else sent the file


class OwnWork(NotPermitted):
    """Nobody decides on his own proposal."""

    title = Said(
        id="Usulan sendiri tidak boleh diputus sendiri",
        en="Nobody decides on his own proposal",
    )
    detail = Said(
        id="Anda yang membuat atau mengajukan {name} ini. Mintalah petugas lain memutuskannya.",
        en="You drafted or submitted this {name}. Ask another officer to decide on it.",
    )


class OwnFamily(NotPermitted):
    """Nobody decides on a family he is a member of."""

    title = Said(
        id="Keluarga sendiri tidak boleh diputus sendiri",
        en="Nobody decides on his own family",
    )
    detail = Said(
        id="Menurut data, Anda anggota rumah tangga dalam {name} ini. Mintalah petugas lain "
        "memutuskannya.",
        en="On record you are a member of the household of this {name}. Ask another officer to "
        "decide on it.",
    )


class VerifiedByYou(NotPermitted):
    """Whoever verified it does not endorse it."""

    title = Said(
        id="Verifikasi dan pengesahan dilakukan dua orang berbeda",
        en="Verifying and endorsing takes two people",
    )
    detail = Said(
        id="Anda yang memverifikasi {name} ini. Pengesahannya harus oleh pejabat lain.",
        en="You verified this {name} yourself. Somebody else has to endorse it.",
    )


class NotYourLastWord(Conflict):
    """One undoes one's own last decision, until somebody goes on from there."""

    title = Said(
        id="Tidak ada keputusan Anda yang masih dapat dibatalkan",
        en="There is no decision of yours that can still be undone",
    )
    detail = Said(
        id="Yang dapat dibatalkan hanya keputusan terakhir Anda sendiri, dalam peran yang sama, "
        "selama belum ada yang menindaklanjutinya. Baca ulang {name} ini; bila perlu, hubungi "
        "petugas yang kini memegangnya.",
        en="You may undo only your own last decision, in the role you took it in, and only until "
        "somebody has gone on from there. Read this {name} again; if need be, ask whoever it "
        "waits for now.",
    )


class AlreadyListed(Conflict):
    """Somebody was determined under this decree."""

    title = Said(id="Sudah ada nama dalam daftarnya", en="Its list names people already")
    detail = Said(
        id="SK yang daftarnya sudah berisi nama tidak dapat dibatalkan; terapkan sampai selesai.",
        en="A decree whose list names people cannot be cancelled; apply it to the end.",
    )


class ScanMissing(Conflict):
    """The signed paper behind it is not there yet."""

    title = Said(
        id="Berita acara bertanda tangan belum dilampirkan",
        en="The signed paper is not attached yet",
    )
    detail = Said(
        id="Mintalah operator melampirkan pindaian berita acara musyawarah (atau SPTJM) yang sudah "
        "ditandatangani, lalu ulangi. Bila tidak ada, kembalikan {name} ini ke musyawarah.",
        en="Ask the operator to attach the scan of the signed minutes (or of the responsibility "
        "statement), then retry. Where there is none, return this {name} to a deliberation.",
    )


class OwnAccount(NotPermitted):
    """Nobody dismisses or reinstates himself."""

    title = Said(id="Ini akun Anda sendiri", en="This is your own account")
    detail = Said(
        id="Mintalah admin lain melakukan {action} atas akun Anda.",
        en="Ask another administrator to {action} your account.",
    )


class OthersAccount(NotPermitted):
    """Nobody chooses a password for another."""

    title = Said(id="Ini akun orang lain", en="This is the account of another")
    detail = Said(
        id="Hanya pemilik akun yang dapat melakukan {action}.",
        en="Only whose account it is may {action}.",
    )


class OnItsWay(Conflict):
    """A proposal about it is on its way, so it is locked."""

    title = Said(id="Terkunci: usulannya sedang diproses", en="Locked: its proposal is on its way")
    detail = Said(
        id="Data ini dibekukan selama usulannya diproses. Tarik usulan itu, atau tunggu "
        "dikembalikan, lalu ulangi.",
        en="This is frozen while its proposal is on its way. Withdraw the proposal, or wait "
        "until it is returned, then retry.",
    )


class StillProposed(Conflict):
    """A proposal about it has not ended."""

    title = Said(id="Masih ada usulan yang berjalan", en="A proposal about it has not ended")
    detail = Said(
        id="Tarik dahulu usulan atas data ini, lalu ulangi.",
        en="Withdraw the proposal about it first, then retry.",
    )


class OnceRegistered(Conflict):
    """What was registered comes back by a proposal only."""

    title = Said(
        id="Data ini pernah terdaftar", en="This was registered, and comes back by a proposal"
    )
    detail = Said(
        id="Ajukan usulan restoration; data yang pernah terdaftar tidak kembali menjadi draf.",
        en="Propose its restoration; what was registered once does not become a draft again.",
    )


class OthersJob(NotPermitted):
    """A job is cancelled by whoever asked for it, or by an administrator."""

    title = Said(id="Pekerjaan ini diminta orang lain", en="Somebody else asked for this job")
    detail = Said(
        id="Hanya pemohonnya, atau admin wilayah, yang dapat {action} {name} ini. Hubungi mereka.",
        en="Only whoever asked for it, or an administrator of the region, may {action} this "
        "{name}. Ask them.",
    )


class OthersImport(NotPermitted):
    """What comes of a file is the work of whoever sent it."""

    title = Said(id="Impor ini milik petugas lain", en="Somebody else sent this file")
    detail = Said(
        id="Hanya pengirim berkas yang menerapkan, membuang, atau membatalkannya.",
        en="Only whoever sent a file applies it, discards it or undoes it.",
    )


BARS: dict[Fact, type[Refusal]] = {
    Fact.OWN_WORK: OwnWork,
    Fact.OWN_FAMILY: OwnFamily,
    Fact.VERIFIED_IT: VerifiedByYou,
    Fact.SCAN_MISSING: ScanMissing,
    Fact.OTHERS_WORD: NotYourLastWord,
    Fact.OWN_ACCOUNT: OwnAccount,
    Fact.OTHERS_ACCOUNT: OthersAccount,
    Fact.ON_ITS_WAY: OnItsWay,
    Fact.PROPOSED: StillProposed,
    Fact.ONCE_REGISTERED: OnceRegistered,
    Fact.LISTED: AlreadyListed,
    Fact.OTHERS_JOB: OthersJob,
    Fact.OTHERS_IMPORT: OthersImport,
}
# Of these, one and no more holds.
