"""Corrections: feedback given and deleted, profiles created, taught, undone, moved, deleted."""

from reliability.soak.client import MODEL, Client, parse
from reliability.soak.ledger import FeedbackRecord, ProfileRecord
from reliability.soak.register import intend

_LABELS = ("angry", "fear", "happy", "sad", "surprise", "neutral")


async def give_feedback(client: Client) -> None:
    """Labels a face, without a profile."""
    await _give(client, None)


async def teach(client: Client) -> None:
    """Labels a face for its profile, which learns it; first makes one, where there is none."""
    profile = await _own_profile(client)
    if profile is None:
        return
    await _give(client, profile)
    await _look_up(client, profile)


async def _give(client: Client, profile: ProfileRecord | None) -> None:
    if client.face is None:
        return
    label = client.rng.choice(_LABELS)
    sent = {"label": label, "face_id": client.face["face_id"]}
    # 404: the face has left the server's memory. 409: the profile has another label for it.
    expected: tuple[int, ...] = (201, 404)
    if profile:
        sent["profile"] = profile.name
        expected = (201, 404, 409)
        profile.corrections = None
    kind = "teach" if profile else "feedback"
    answer = await client.request(kind, "POST", "/v1/feedback", expected, json=sent)
    if answer.status_code == 201:
        found = parse(answer)
        if found["label"] != label:
            client.tally.note_problem("feedback", f"{found['label']} was stored for {label}")
        client.ledger.feedback[found["id"]] = FeedbackRecord(found["id"], label, profile)


async def delete_feedback(client: Client) -> None:
    """Deletes feedback that it gave."""
    own = [it for it in client.ledger.feedback.values() if it.exists.is_surely(True)]
    own = [it for it in own if it.profile in (None, client.profile)]
    if not own:
        return
    feedback = client.rng.choice(own)
    gone = feedback.exists if feedback.profile is None else feedback.profile.exists
    if feedback.profile:
        feedback.profile.corrections = None
    with intend((feedback.exists, False)) as intent:
        answer = await client.request(
            "delete feedback", "DELETE", f"/v1/feedback/{feedback.id}", (204, 404)
        )
        # It was sure to exist, so only this request or one beside it can have deleted it.
        if answer.status_code == 404 and not gone.allows(False):
            client.tally.note_problem("lost", f"feedback {feedback.id}")
        intent.settle(204 if answer.status_code == 404 else answer.status_code)
    if feedback.profile:
        await _look_up(client, feedback.profile)


async def undo(client: Client) -> None:
    """Undoes what its profile learned last."""
    profile = await _own_profile(client)
    if profile is None:
        return
    profile.corrections = None
    await client.request("undo", "POST", f"{profile.path}/undo", (200, 409), profile.exists)
    await _look_up(client, profile)


async def roll_back(client: Client) -> None:
    """Restores the first version of its profile."""
    profile = await _own_profile(client)
    if profile is None:
        return
    profile.corrections = None
    await client.request(
        *("roll back", "POST", f"{profile.path}/rollback", (200, 404, 409), profile.exists),
        json={"version": 1},
    )
    await _look_up(client, profile)


async def copy_profile(client: Client) -> None:
    """Exports its profile, and imports it under another name."""
    profile = await _own_profile(client)
    if profile is None:
        return
    exported = await client.request(
        "export profile", "GET", f"{profile.path}/export", exists=profile.exists
    )
    if exported.status_code != 200:
        return
    name = client.secret()
    answer = await client.request(
        *("import profile", "POST", f"/v1/profiles/import?name={name}", (201,)),
        content=exported.content,
    )
    if answer.status_code == 201:
        copied = ProfileRecord(name, corrections=parse(answer)["corrections"])
        client.ledger.profiles[name] = copied


async def delete_profile(client: Client) -> None:
    """Deletes a profile; anybody's."""
    profiles = [it for it in client.ledger.profiles.values() if it.exists.is_surely(True)]
    if not profiles:
        return
    profile = client.rng.choice(profiles)
    with intend((profile.exists, False)) as intent:
        answer = await client.request(
            "delete profile", "DELETE", profile.path, (204,), profile.exists
        )
        intent.settle(204 if answer.status_code == 404 else answer.status_code)


async def _own_profile(client: Client) -> ProfileRecord | None:
    """Returns its profile; makes one if it has none, or if somebody deleted it."""
    profile = client.profile
    if profile is not None and profile.exists.is_surely(True):
        return profile
    new = ProfileRecord(client.secret())
    answer = await client.request(
        "create profile", "POST", "/v1/profiles", (201,), json={"name": new.name}
    )
    client.profile = new if answer.status_code == 201 else None
    if client.profile:
        client.ledger.profiles[new.name] = new
    return client.profile


async def _look_up(client: Client, profile: ProfileRecord) -> None:
    """Notes how many corrections its profile has: nobody else teaches it."""
    answer = await client.request("profile", "GET", profile.path, exists=profile.exists)
    if answer.status_code == 200:
        profile.corrections = parse(answer)["corrections"]


async def upgrade(client: Client) -> None:
    """Asks to move a profile to the model that it has."""
    if profile := await _own_profile(client):
        profile.corrections = None
        await client.request(
            *("upgrade", "POST", f"{profile.path}/upgrade?model={MODEL}", (200, 409)),
            exists=profile.exists,
        )
        await _look_up(client, profile)
