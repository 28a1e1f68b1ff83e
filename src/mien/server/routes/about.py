"""What the server says of itself: its addresses, its settings, its licences."""

from io import BytesIO
from typing import Any

import segno
from fastapi import APIRouter, Request, Response

from mien import __version__
from mien.server.addresses import Addresses, add_token
from mien.server.certificates import Certificate
from mien.server.errors import NotFoundError
from mien.server.licences import licences
from mien.server.schemas import AboutSchema, errors
from mien.server.settings import Settings
from mien.server.upkeep import keep_days

router = APIRouter(tags=["server"])


@router.get("/v1/about", response_model=AboutSchema, responses=errors())
def about(request: Request) -> dict[str, Any]:
    """Returns where the server can be opened, where it stores data, and its licences."""
    state = request.app.state
    settings: Settings = state.settings
    addresses = _addresses(request)
    public = addresses.others or (addresses.local,)
    return {
        "version": __version__,
        "addresses": public,
        "secure": public[0].startswith("https:"),
        "reachable": bool(addresses.others),
        "folder": str(settings.folder),
        "keep_days": keep_days(state.store, settings),
        "token": bool(settings.token),
        "fingerprint": _fingerprint(state.certificate),
        "model": state.engine.models.default,
        "detector": state.engine.models.detector,
        "licences": [licence._asdict() for licence in licences()],
    }


@router.get(
    "/v1/about/qr.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}}, **errors(404)},
)
def qr_code(request: Request) -> Response:
    """Returns a QR code of the first address that another machine can open, with the token."""
    others = _addresses(request).others
    if not others:
        raise NotFoundError(
            "only this computer can open this server",
            remedy="start it with --host 0.0.0.0 --token TOKEN --https",
        )
    buffer = BytesIO()
    code = segno.make(add_token(others[0], request.app.state.settings), micro=False)
    code.save(buffer, "svg", xmldecl=False, light="#fff", omitsize=True, title="Mien Studio")
    return Response(buffer.getvalue(), media_type="image/svg+xml")


def _fingerprint(certificate: Certificate | None) -> str | None:
    return certificate.fingerprint if certificate and certificate.self_signed else None


def _addresses(request: Request) -> Addresses:
    """The port is the socket's, because 0 in the settings picks a free one."""
    return Addresses.of(request.app.state.settings, request.scope["server"][1])
