"""Source-to-Image builds, for real: what goes in, as whom assemble runs, and what image comes out."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sandbox.apimachinery.json_types import Obj
from sandbox.builds.mirrors import is_wanted, local_paths, wanted_settings
from sandbox.builds.s2i import Builder, build_environment, ignored_files, read_environment
from sandbox.builds.sources import BuildFailure
from sandbox.containers.image_store import Image, merged
from sandbox.containers.images import Images
from tests.sandbox.running import node, tiny_image


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Images:
    return Images(tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def python_base(images: Images) -> Image:
    return images.base("python-312")


def build_of(base: Image, name: str = "app-1", output: Obj | None = None, **strategy: Any) -> Obj:
    source_strategy = {"from": {"kind": "DockerImage", "name": f"registry/base@{base.digest}"}, **strategy}
    return {
        "metadata": {"name": name, "namespace": "test"},
        "spec": {"strategy": {"sourceStrategy": source_strategy}, "source": {}, "output": output or {}},
        "status": {"outputDockerImageReference": "registry/test/app:latest"},
    }


def write(top: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(content)
    return top


async def run(
    images: Images, tmp_path: Path, build: Obj, source: Path, previous: Image | None = None
) -> tuple[Image, list[str]]:
    builder = Builder(images, tmp_path / "state", lambda reference: previous)
    log = tmp_path / "log"
    log.touch()
    image = await builder.build(build, source, log)
    return image, log.read_text().splitlines()


async def test_assemble_runs_as_1001_of_group_0_in_its_home_with_the_source_at_tmp_src(
    images: Images, tmp_path: Path
) -> None:
    script = """#!/bin/bash
        echo "assemble: $(id -u) $(id -g) $PWD $0 $FROM_IMAGE $GREETING $LEVEL $OPENSHIFT_BUILD_NAME"
        mv /tmp/src/app.txt .
    """
    files = {
        ".s2i/bin/assemble": script,
        ".s2i/environment": "# why\nGREETING=good day\n",
        "app.txt": "hello",
    }
    build = build_of(tiny_image(images), env=[{"name": "LEVEL", "value": "3"}])
    image, log = await run(images, tmp_path, build, write(tmp_path / "source", files))
    words = "1001 0 /opt/app-root/src /tmp/scripts/assemble yes good day 3 app-1"
    assert f"assemble: {words}" in log
    assert (image.layers[-1] / "opt/app-root/src/app.txt").read_text() == "hello"
    expected = {
        "GREETING": "good day",
        "LEVEL": "3",
        "OPENSHIFT_BUILD_NAME": "app-1",
        "OPENSHIFT_BUILD_NAMESPACE": "test",
    }
    assert {name: image.env[name] for name in expected} == expected


async def test_the_image_runs_what_the_dockerfile_of_s2i_says(images: Images, tmp_path: Path) -> None:
    scripts = "image:///usr/libexec/s2i"
    base = tiny_image(images, Entrypoint=["env"], Labels={"io.openshift.s2i.scripts-url": scripts, "a": "b"})
    label = {"name": "io.openshift.s2i.scripts-url", "value": "image:///opt/app-root/builder"}
    files = {".s2i/bin/assemble": "#!/bin/sh\n", ".s2i/bin/run": "#!/bin/sh\nexec echo I run\n"}
    build = build_of(base, output={"imageLabels": [label]})
    image, _ = await run(images, tmp_path, build, write(tmp_path / "source", files))
    assert image.config["Entrypoint"] == ["env"]
    assert image.config["Cmd"] == ["/bin/sh", "-c", "exec /tmp/scripts/run"]
    assert image.config["User"] == "1001"
    assert image.labels == {
        "a": "b",
        "io.openshift.build.image": f"registry/base@{base.digest}",
        "io.openshift.s2i.scripts-url": "image:///opt/app-root/builder",
    }
    async with node(tmp_path / "node", images, image) as it:
        it.start("one")
        await it.phase("one", "Succeeded")
        assert it.log("one") == "I run\n"


async def test_the_scripts_url_label_of_the_base_image_is_honoured(images: Images, tmp_path: Path) -> None:
    script = "mkdir /opt/app-root/builder\nmv /tmp/src/own /opt/app-root/builder/assemble\n"
    first = {".s2i/bin/assemble": f"#!/bin/sh\nset -e\n{script}"}
    first["own"] = "#!/bin/sh\necho from the builder\n"
    source = write(tmp_path / "first", first)
    (source / "own").chmod(0o755)
    label = {"name": "io.openshift.s2i.scripts-url", "value": "image:///opt/app-root/builder"}
    builder_image, _ = await run(
        images, tmp_path, build_of(tiny_image(images), output={"imageLabels": [label]}), source
    )
    image, log = await run(images, tmp_path, build_of(builder_image), write(tmp_path / "second", {"x": "y"}))
    assert "from the builder" in log
    assert image.config["Cmd"] == ["/bin/sh", "-c", "exec /opt/app-root/builder/run"]


async def test_a_failing_assemble_fails_the_build_in_openshifts_words(images: Images, tmp_path: Path) -> None:
    source = write(tmp_path / "source", {".s2i/bin/assemble": "#!/bin/sh\necho no luck >&2\nexit 7\n"})
    with pytest.raises(BuildFailure) as failure:
        await run(images, tmp_path, build_of(tiny_image(images)), source)
    assert failure.value.reason == "GenericBuildFailed"
    assert failure.value.message == "Generic Build failure - check logs for details."
    assert str(failure.value) == 'error: building at STEP "RUN /tmp/scripts/assemble": exit status 7'
    assert (tmp_path / "log").read_text().splitlines()[-1] == "no luck"
    assert list((images.directory / "new").iterdir()) == []


async def test_the_python_base_installs_requirements_and_keeps_group_0_able(
    images: Images, tmp_path: Path, python_base: Image
) -> None:
    wheel = tmp_path / "source" / "demo-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    about = {
        "demo.py": "def main():\n    print('demo runs')\n",
        "demo-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        "demo-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "demo-1.0.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in about.items():
            archive.writestr(name, content)
    files = {"requirements.txt": "./demo-1.0-py3-none-any.whl\n", "app.py": "import demo\ndemo.main()\n"}
    image, log = await run(images, tmp_path, build_of(python_base), write(tmp_path / "source", files))
    assert "---> Installing dependencies ..." in log
    assert images.not_group_writable(image) == []
    async with node(tmp_path / "node", images, image) as it:
        it.start("one")
        await it.phase("one", "Succeeded")
        assert it.log("one").splitlines() == [
            "---> Running application from Python script (app.py) ...",
            "demo runs",
        ]


async def test_files_that_group_0_cannot_write_are_listed(images: Images, tmp_path: Path) -> None:
    script = "#!/bin/sh\numask 0077\ntouch closed\nmkdir shut\ntouch open && chmod g+w open\n"
    source = write(tmp_path / "source", {".s2i/bin/assemble": script})
    image, _ = await run(images, tmp_path, build_of(tiny_image(images)), source)
    assert images.not_group_writable(image) == ["/opt/app-root/src/closed", "/opt/app-root/src/shut"]


async def test_files_that_a_build_deletes_are_not_in_the_image(images: Images, tmp_path: Path) -> None:
    first = write(tmp_path / "first", {".s2i/bin/assemble": "#!/bin/sh\nmkdir d\ntouch d/old d/kept\n"})
    lower, _ = await run(images, tmp_path, build_of(tiny_image(images)), first)
    script = "#!/bin/sh\nrm d/old\nrm -r /tmp/scripts\nmkdir e && touch e/new\n"
    second = write(tmp_path / "second", {".s2i/bin/assemble": script})
    image, _ = await run(images, tmp_path, build_of(lower), second)
    paths = {entry.path for entry in merged(image.layers)}
    assert {"opt/app-root/src/d/kept", "opt/app-root/src/e/new"} <= paths
    assert "opt/app-root/src/d/old" not in paths


async def test_an_incremental_build_restores_what_the_last_image_saved(
    images: Images, tmp_path: Path
) -> None:
    save = "#!/bin/sh\ntar -cf - wheels\n"
    saved = "/tmp/artifacts/wheels/a"
    assemble = f"#!/bin/sh\n[ ! -f {saved} ] || cat {saved}\nmkdir -p wheels && echo saved > wheels/a\n"
    source = write(tmp_path / "source", {".s2i/bin/assemble": assemble, ".s2i/bin/save-artifacts": save})
    build = build_of(tiny_image(images), incremental=True)
    first, log = await run(images, tmp_path, build, source)
    assert "saved" not in log
    _, log = await run(images, tmp_path, build, source, previous=first)
    assert "saved" in log


async def test_mirror_settings_reach_the_build_but_not_the_image(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = tmp_path / "my-wheels"
    write(wheels, {"a.whl": "a"})
    home = write(
        tmp_path / "home",
        {".config/pip/pip.conf": f"[global]\nfind-links = {wheels}\n", ".npmrc": "fund=false\n"},
    )
    (home / ".npmrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PIP_INDEX_URL", "https://user:pw@mirror.example.com/simple")
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    script = f"""#!/bin/sh
        echo "$PIP_INDEX_URL [$PIP_TARGET]"; cat $PIP_CONFIG_FILE $NPM_CONFIG_USERCONFIG; ls {wheels}
        touch ${{PIP_CACHE_DIR%/*}}/used && echo cached
    """
    source = write(tmp_path / "source", {".s2i/bin/assemble": script})
    image, log = await run(images, tmp_path, build_of(tiny_image(images)), source)
    shown = log[log.index("STEP: RUN /tmp/scripts/assemble") + 1 :]
    url = "https://user:pw@mirror.example.com/simple"
    pip_conf = ["[global]", f"find-links = {wheels}"]
    assert shown[:6] == [f"{url} []", *pip_conf, "fund=false", "a.whl", "cached"]
    assert not any("mirror.example.com" in item for item in image.config["Env"])
    paths = {entry.path for entry in merged(image.layers[-1:])}
    assert not any(str(wheels).lstrip("/").startswith(path) and path != "tmp" for path in paths)
    assert not any(path.startswith("run") for path in paths)


def test_destination_variables_do_not_reach_the_build() -> None:
    names = [
        "PIP_INDEX_URL",
        "UV_DEFAULT_INDEX",
        "npm_config_registry",
        "https_proxy",
        "NO_PROXY",
        "SSL_CERT_FILE",
    ]
    assert [name for name in names if is_wanted(name)] == names
    others = ["PIP_TARGET", "UV_PYTHON", "npm_config_prefix", "HOME", "AWS_SECRET_ACCESS_KEY", "PATH"]
    assert [name for name in others if is_wanted(name)] == []


def test_destination_settings_in_a_configuration_file_are_left_out() -> None:
    kept = "[global]\nindex-url = https://mirror.example.com/simple\nfind-links =\n  /a\n  /b\n"
    away = "constraint = /etc/constraints.txt\nTarget=\n  /elsewhere\n"
    assert wanted_settings(kept + away + "no-index = true\n", "PIP_") == kept + "no-index = true\n"
    npmrc = "//mirror.example.com/:_authToken=t\nprefix=/home/me\n"
    assert wanted_settings(npmrc, "NPM_CONFIG_") == "//mirror.example.com/:_authToken=t\n"


def test_local_paths_in_mirror_settings_are_mounted(tmp_path: Path) -> None:
    index = tmp_path / "pypi" / "simple"
    index.mkdir(parents=True)
    texts = [
        f"extra-index-url = file://{index} https://example.com{index}",
        f"find-links = {tmp_path}",
        "/etc/hosts / /usr",
    ]
    assert local_paths(texts, tmp_path / "home") == [tmp_path / "pypi"]


def test_s2i_environment_is_parsed() -> None:
    assert read_environment("# no\nA=1\n B = x=y \nnothing\n=z\n") == [("A", "1"), ("B", "x=y")]


def test_build_environment_names_source_and_reference() -> None:
    source = {"git": {"uri": "https://example.com/a.git", "ref": "main"}}
    strategy = {"sourceStrategy": {"env": [{"name": "A", "value": "b"}]}}
    build = {"metadata": {"name": "x-1", "namespace": "p"}, "spec": {"source": source, "strategy": strategy}}
    assert build_environment(build) == [
        ("OPENSHIFT_BUILD_NAME", "x-1"),
        ("OPENSHIFT_BUILD_NAMESPACE", "p"),
        ("OPENSHIFT_BUILD_SOURCE", "https://example.com/a.git"),
        ("OPENSHIFT_BUILD_REFERENCE", "main"),
        ("A", "b"),
    ]


@pytest.mark.parametrize(
    ("patterns", "ignored"),
    [
        ("", set()),
        ("# note\n\n*.md\n", {"a.md", "b.md"}),
        ("*.md\n!a.md\n", {"b.md"}),
        ("docs\n", {"docs"}),
        ("docs/*.md\n", {"docs/c.md"}),
        (".hidden*\n", {".hidden"}),
    ],
)
def test_s2iignore_excludes_files_as_dockerignore_does(
    tmp_path: Path, patterns: str, ignored: set[str]
) -> None:
    names = ("a.md", "b.md", "docs/c.md", "docs/d.txt", ".hidden")
    write(tmp_path, {name: "" for name in names} | {".s2iignore": patterns})
    assert ignored_files(tmp_path) == ignored


@pytest.mark.skipif(os.geteuid() != 0, reason="users are really switched only as root")
async def test_assemble_cannot_write_files_of_root(images: Images, tmp_path: Path) -> None:
    script = "#!/bin/sh\ntouch /etc/x 2>/dev/null || echo refused\ntouch /usr/x 2>/dev/null || echo refused\n"
    source = write(tmp_path / "source", {".s2i/bin/assemble": script})
    _, log = await run(images, tmp_path, build_of(tiny_image(images)), source)
    assert log.count("refused") == 2
