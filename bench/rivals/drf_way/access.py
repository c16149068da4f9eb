"""What every request brings: who is asking, and which page."""

from jwt import InvalidTokenError
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from app.domain.actors import Actor
from bench.rivals import rules


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Actor, str] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            return rules.believed(token), token
        except (InvalidTokenError, ValueError) as error:
            raise AuthenticationFailed from error

    def authenticate_header(self, _: Request) -> str:
        return "Bearer"


class Known(BasePermission):
    def has_permission(self, request: Request, _: object) -> bool:
        return request.user is not None


class ReadsPeople(Known):
    def has_permission(self, request: Request, view: object) -> bool:
        return super().has_permission(request, view) and rules.reads_people(request.user)


class Pages(LimitOffsetPagination):
    default_limit = 50
    max_limit = rules.MOST
