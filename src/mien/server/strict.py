"""Query parameters that a route does not know are refused: no typo changes an answer unseen."""

from fastapi import Request

from mien.server.errors import InvalidFieldError

TOKEN = "token"  # noqa: S105 - the parameter's name; security.py reads it on any route


async def refuse_unknown(request: Request) -> None:
    """A dependency of every route.

    Raises:
        InvalidFieldError: the query names a parameter that the route does not have.
    """
    if not request.query_params:
        return
    paths = request.app.openapi()["paths"]
    operation = paths.get(request.scope["route"].path, {}).get(request.method.lower())
    if operation is None:  # a page, whose address may carry what its script reads
        return
    known = {it["name"] for it in operation.get("parameters", ()) if it["in"] == "query"}
    for name in request.query_params:
        if name not in known | {TOKEN}:
            raise unknown_field(f"query.{name}", known)


def unknown_field(place: str, known: set[str]) -> InvalidFieldError:
    """Returns the error for a parameter or field that is not known.

    Args:
        place: where it is and its name, as `query.model`.
        known: the names that there are.
    """
    listed = ", ".join(sorted(known))
    remedy = f"choose from {listed}" if known else "leave it out; there are none"
    return InvalidFieldError(f"{place[:100]}: no such parameter", remedy=remedy)
