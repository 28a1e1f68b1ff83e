"""Analysis of images, good and bad, and the explanation of a face."""

from reliability.soak.client import MODEL, Client, parse

_REFUSALS = (400, 413, 415, 422)


async def analyze_crop(client: Client) -> None:
    """Analyzes a cropped face; later corrections and recordings are about it."""
    crop = client.rng.choice(client.media.crops)
    query = f"?crops=true&face_ids=true&model={MODEL}"
    answer = await client.request("analyze crop", "POST", f"/v1/analyze{query}", content=crop)
    if answer.status_code == 200:
        (client.face,) = parse(answer)["faces"]


async def analyze_photo(client: Client) -> None:
    """Analyzes a photo, in the body or in a form."""
    photo, rng = client.rng.choice(client.media.photos), client.rng
    model = MODEL if rng.random() < 0.8 else "default"
    sent = {"content": photo} if rng.random() < 0.7 else {"files": {"file": ("a.jpg", photo)}}
    await client.request("analyze photo", "POST", f"/v1/analyze?model={model}", **sent)


async def analyze_with_profile(client: Client) -> None:
    """Analyzes a face by what somebody taught."""
    profiles = list(client.ledger.profiles.values())
    if not profiles:
        return
    profile, crop = client.rng.choice(profiles[-30:]), client.rng.choice(client.media.crops)
    query = f"?crops=true&model={MODEL}&profile={profile.name}"
    await client.request(
        *("analyze with profile", "POST", f"/v1/analyze{query}"),
        exists=profile.exists,
        content=crop,
    )


async def analyze_bad(client: Client) -> None:
    """Sends what is no image; a damaged one may still be readable."""
    bad = client.rng.choice(client.media.bad)
    query = client.rng.choice(("", "&crops=true"))
    await client.request(
        *("analyze bad image", "POST", f"/v1/analyze?model={MODEL}{query}", (200, *_REFUSALS)),
        content=bad,
    )


async def ask_wrongly(client: Client) -> None:
    """Sends requests that must be refused by name."""
    method, path, status = client.rng.choice(
        (
            ("GET", "/v1/sessions?limit=0", 422),
            ("GET", "/v1/sessions?nothing=1", 422),
            ("GET", "/v1/sessions/99999999", 404),
            ("GET", "/v1/nothing", 404),
            ("DELETE", "/v1/jobs/99999999", 404),
            ("POST", "/v1/analyze?model=nothing", 404),
            ("PUT", "/v1/sessions", 405),
            ("GET", "/v1/exports?ids=x", 422),
        )
    )
    body = client.media.crops[0] if method == "POST" else None
    await client.request("wrong request", method, path, (status,), content=body)


async def explain(client: Client) -> None:
    """Has a face explained; it may have left the server's memory."""
    if client.face:
        sent = {"face_id": client.face["face_id"]}
        await client.request("explain", "POST", "/v1/explain", (200, 404), json=sent)
