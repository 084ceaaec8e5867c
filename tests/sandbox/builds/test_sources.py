"""Where a build's source comes from."""

import base64
import http.server
import io
import json
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from sandbox.builds.sources import BuildFailure, fetch, unpack

OWN = "https://github.com/somebody/jupyterhub"


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


def files(folder: Path) -> dict[str, str]:
    return {str(f.relative_to(folder)): f.read_text() for f in sorted(folder.rglob("*")) if f.is_file()}


def build(**source: object) -> dict:
    return {"metadata": {"name": "hub-1"}, "spec": {"source": source}}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose own BuildConfig names its Git address."""
    folder = tmp_path / "checkout"
    (folder / "notebook").mkdir(parents=True)
    config = {"kind": "BuildConfig", "spec": {"source": {"git": {"uri": OWN}}}}
    (folder / "resources.json").write_text(json.dumps({"kind": "List", "items": [config]}))
    (folder / "notebook" / "start.sh").write_text("committed")
    (folder / ".gitignore").write_text("ignored\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=first")
    return folder


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


async def test_the_projects_own_address_is_the_working_tree_as_it_is_now(
    checkout: Path, into: Path, tmp_path: Path
):
    (checkout / "notebook" / "start.sh").write_text("changed, not committed")
    (checkout / "notebook" / "new.sh").write_text("new")
    (checkout / "notebook" / "ignored").write_text("not in Git")
    said: list[str] = []
    own = build(git={"uri": f"{OWN}.git", "ref": "main"}, contextDir="notebook")
    source = await fetch(own, tmp_path, checkout, into, said.append)
    assert files(source) == {"new.sh": "new", "start.sh": "changed, not committed"}
    assert said == [f'Cloning "{OWN}.git" ...\n\t(its working tree here: {checkout})']


async def test_another_git_url_is_cloned_at_its_ref(checkout: Path, into: Path, tmp_path: Path):
    git(checkout, "tag", "v1")
    (checkout / "notebook" / "start.sh").write_text("second")
    git(checkout, "commit", "--quiet", "--all", "--message=second")
    said: list[str] = []
    source = build(git={"uri": f"file://{checkout}", "ref": "v1"}, contextDir="/notebook")
    assert files(await fetch(source, tmp_path, tmp_path, into, said.append)) == {"start.sh": "committed"}
    assert said[0] == f'Cloning "file://{checkout}" ...'
    assert "(first)" in said[1]


async def test_submodules_are_cloned_too(checkout: Path, into: Path, tmp_path: Path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "data.csv").write_text("1,2")
    git(inner, "init", "--quiet", "--initial-branch=main")
    git(inner, "add", ".")
    git(inner, "commit", "--quiet", "--message=data")
    git(
        checkout, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"file://{inner}", "data"
    )
    git(checkout, "commit", "--quiet", "--all", "--message=with data")
    source = build(git={"uri": f"file://{checkout}"}, contextDir="data")
    found = await fetch(source, tmp_path, tmp_path, into, lambda _: None)
    assert (found / "data.csv").read_text() == "1,2"


class Private(http.server.SimpleHTTPRequestHandler):
    """Lets in whoever sends the right name and password."""

    def do_GET(self) -> None:
        expected = base64.b64encode(b"me:geheim").decode()
        if self.headers.get("Authorization") == f"Basic {expected}":
            super().do_GET()
        else:
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def private_address(checkout: Path) -> Iterator[str]:
    """The checkout's repository, on a server that asks for a password."""
    git(checkout, "update-server-info")
    handler = partial(Private, directory=str(checkout / ".git"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def secret(**keys: str) -> dict:
    return {"data": {key: base64.b64encode(value.encode()).decode() for key, value in keys.items()}}


async def test_a_private_repository_is_cloned_with_a_secret_that_stays_out_of_log_and_source(
    private_address: str, into: Path, tmp_path: Path
):
    said: list[str] = []
    source = build(git={"uri": private_address})
    credentials = secret(username="me", password="geheim")
    found = await fetch(source, tmp_path, tmp_path, into, said.append, secret=credentials)
    assert files(found)["notebook/start.sh"] == "committed"
    assert "geheim" not in "".join([*said, *files(into).values()])


@pytest.mark.parametrize("credentials", [None, secret(username="me", password="falsch")])
async def test_a_private_repository_without_the_right_secret_fails_the_build(
    private_address: str, into: Path, tmp_path: Path, credentials: dict | None
):
    with pytest.raises(BuildFailure) as failure:
        await fetch(
            build(git={"uri": private_address}), tmp_path, tmp_path, into, lambda _: None, secret=credentials
        )
    assert failure.value.reason == "FetchSourceFailed"
    assert "falsch" not in str(failure.value)


async def test_a_git_url_without_a_repository_fails_the_build_with_the_message_of_git(
    into: Path, tmp_path: Path
):
    with pytest.raises(BuildFailure) as failure:
        await fetch(build(git={"uri": f"file://{tmp_path}/nosuch"}), tmp_path, tmp_path, into, lambda _: None)
    assert (failure.value.reason, failure.value.message) == (
        "FetchSourceFailed",
        "Failed to fetch the input source.",
    )
    assert f"'{tmp_path}/nosuch' does not appear to be a git repository" in str(failure.value)


async def test_a_git_address_cannot_run_a_command(into: Path, tmp_path: Path):
    made = tmp_path / "made"
    with pytest.raises(BuildFailure, match="transport 'ext' not allowed"):
        await fetch(build(git={"uri": f"ext::sh -c touch% {made}"}), tmp_path, tmp_path, into, lambda _: None)
    assert not made.exists()


@pytest.mark.parametrize("folder", ["nosuch", "../.."])
async def test_a_context_directory_that_is_not_in_the_source_fails_the_build(
    checkout, into, tmp_path, folder
):
    with pytest.raises(BuildFailure) as failure:
        await fetch(build(git={"uri": OWN}, contextDir=folder), tmp_path, checkout, into, lambda _: None)
    assert failure.value.reason == "InvalidContextDirectory"
    assert str(failure.value) == f"error: The supplied context directory does not exist. ({folder})"


def test_an_upload_is_unpacked(tmp_path: Path):
    unpack(archive({"app.py": "print(1)"}), "", tmp_path / "hub-1")
    unpack(b"FROM x", "Dockerfile", tmp_path / "hub-2")
    assert files(tmp_path) == {"hub-1/app.py": "print(1)", "hub-2/Dockerfile": "FROM x"}


def test_an_upload_cannot_write_outside_its_directory(tmp_path: Path):
    with pytest.raises(ValueError, match=r"Member name contains '\.\.'"):
        unpack(archive({"../escaped": "x"}), "", tmp_path / "uploads" / "hub-1")
    with pytest.raises(ValueError, match="Cannot open: Not a directory"):
        unpack(archive({"link": tmp_path, "link/escaped": "x"}), "", tmp_path / "uploads" / "hub-2")
    assert [file.name for file in tmp_path.rglob("*escaped*")] == []


def test_an_upload_that_is_no_archive_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="the upload is no tar archive: "):
        unpack(b"hello", "", tmp_path / "hub-1")


def archive(members: dict[str, str | Path]) -> bytes:
    """Files with their text, links with their target."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in members.items():
            member = tarfile.TarInfo(name)
            if isinstance(text, Path):
                member.type, member.linkname = tarfile.SYMTYPE, str(text)
                tar.addfile(member)
            else:
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()
