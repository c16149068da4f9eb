"""Where this service keeps the bytes of its documents."""

from app.exchange.storage import Bucket, Storage
from app.homes import Home
from app.settings import CannotRun, Settings

FOLDER = "documents"


def storage_of(settings: Settings) -> Storage:
    """What SIKS_STORAGE_URL names; without it a folder beside the embedded database."""
    bucket = Bucket(
        settings.storage_endpoint,
        settings.storage_region,
        settings.storage_key_id,
        settings.storage_secret,
    )
    try:
        if settings.storage_url:
            return Storage.at(settings.storage_url, bucket)
        return Storage.on_disk(Home.chosen(settings.data_dir).directory / FOLDER)
    except OSError as error:
        raise CannotRun(
            f"no documents can be kept in {error.filename} ({error.strerror}): set SIKS_STORAGE_URL"
        ) from None
