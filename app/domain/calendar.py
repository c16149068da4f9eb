"""What day it is in a country of three days: WIB, WITA and WIT."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

FIRST_TO_SEE_THE_DAY = ZoneInfo("Asia/Jayapura")  # WIT


def today() -> date:
    """The latest date there is in Indonesia: what is later than this has not come anywhere."""
    return datetime.now(FIRST_TO_SEE_THE_DAY).date()
