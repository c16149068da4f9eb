"""What a village does in the month: it drafts, it deliberates, and its head approves."""

from functools import cache
from io import BytesIO
from itertools import count

from PIL import Image

from app.demo.accounts import CHIEF, HEAD, is_kelurahan
from bench.month.desk import CREATED, OK, Desk, Json
from bench.month.service import Person, expect

MEETINGS = count(1)


@cache
def a_scan() -> bytes:
    """Of signed minutes: a white page will do."""
    page = BytesIO()
    Image.new("L", (620, 877), 255).save(page, "PNG")
    return page.getvalue()


class Village(Desk):
    @property
    def head(self) -> Person:
        return self.service.person(HEAD if is_kelurahan(self.code) else CHIEF, self.code)

    async def deliberates(self, *, not_eligible: float = 0.04, postponed: float = 0.03) -> None:
        """The whole list of the village in one deliberation, with its signed minutes."""
        number = next(MEETINGS)
        body = {
            "village_code": self.code,
            "kind": "muskel" if is_kelurahan(self.code) else "musdes",
            "held_on": "2026-11-12",
            "place": "Balai desa",
            "chair": "Suparman",
            "minutes_number": f"470/{number}/2026",
            "attendance": [
                {"name": f"Peserta {each}", "capacity": "rt_rw", "present": True}
                for each in range(1, 12)
            ],
        }
        post, path = self.service.posts, "/v1/deliberations"
        meeting = expect(await post(self.operator, path, body, what="convene"), CREATED).json()
        path = f"/v1/deliberations/{meeting['id']}"
        everything = {"proposal_ids": None}
        response = await post(
            self.operator, f"{path}/agenda", everything, what="agenda", version=meeting["version"]
        )
        names = self._on_agenda(expect(response, OK).json())
        if not names:
            cancel = {"action": "cancel", "grounds": {"note": "Tidak ada nama."}}
            version = response.json()["version"]
            answer = await post(
                self.operator, f"{path}/steps", cancel, what="cancel", version=version
            )
            expect(answer, CREATED)
            return
        said = {"items": [self._judged(each, not_eligible, postponed) for each in names]}
        headers = {"If-Match": response.headers["ETag"]}
        response = await self.service.ask(
            self.operator, "PATCH", f"{path}/agenda", what="outcomes", body=said, headers=headers
        )
        await self._close(path, expect(response, OK).json()["version"])

    def _on_agenda(self, told: Json) -> list[str]:
        for item in told["items"]:
            if item["problem"]:
                kind = self.proposed.get(item["proposal_id"], "of the demo")
                self.refused.append((kind, item["problem"]["type"].rpartition(":")[2]))
        return [item["proposal_id"] for item in told["items"] if item["on_agenda"]]

    def _judged(self, proposal_id: str, not_eligible: float, postponed: float) -> Json:
        dice = self.draw.random()
        if dice < not_eligible:
            return {
                "proposal_id": proposal_id,
                "outcome": "not_eligible",
                "reason": "no_longer_poor",
            }
        outcome = "postponed" if dice < not_eligible + postponed else "eligible"
        return {"proposal_id": proposal_id, "outcome": outcome}

    async def _close(self, path: str, version: int) -> None:
        post = self.service.posts
        close = {"action": "close"}
        response = await post(
            self.operator, f"{path}/steps", close, what="close deliberation", version=version
        )
        version = expect(response, CREATED).json()["version"]
        upload = await self.service.uploads(
            self.operator,
            "/v1/documents?purpose=minutes_scan",
            a_scan(),
            "image/png",
            what="upload scan",
        )
        attach = {"action": "attach_scan", "document_id": expect(upload, CREATED).json()["id"]}
        response = await post(
            self.operator, f"{path}/steps", attach, what="attach scan", version=version
        )
        expect(response, CREATED)
