"""Write openapi/openapi.json anew from the code: `make openapi`."""

from pathlib import Path

from app.main import create_app
from app.routers.contract import as_text
from app.settings import Settings

CONTRACT = Path(__file__).resolve().parents[1] / "openapi" / "openapi.json"

if __name__ == "__main__":
    app = create_app(Settings(database_url="postgresql://siks_app@localhost/siks"))
    CONTRACT.write_text(as_text(app), encoding="utf-8")
