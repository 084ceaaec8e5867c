"""A corpus of repositories: how people name packages, and what a build installs, remarks or refuses.

The scripts run for real, with uv and an environment, on an index of small wheels: without image or network.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import packaging
import pytest

from tests.paths import CHECKOUT

pytestmark = pytest.mark.corpus

UV = Path(sys.executable).with_name("uv")
COMMON = CHECKOUT / "notebook/common"
# The server is what an image has; its direct requirement is `server>=1`.
INDEX = {
    "server==1.0": ["tornado>=6", "traitlets"],
    "server==2.0": ["tornado>=6", "traitlets"],
    "tornado==5.0": [],
    "tornado==6.0": [],
    "tornado==6.1": [],
    "traitlets==5.0": [],
    "pandas==2.0": [],
    "pandas==3.0": ['pyarrow; extra == "parquet"'],
    "pyarrow==20.0": [],
    "old-web==1.0": ["tornado<6"],
}
BACKEND = """
import zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "mine-0.1-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("mine.py", "")
        wheel.writestr("mine-0.1.dist-info/METADATA",
                       "Metadata-Version: 2.1\\nName: mine\\nVersion: 0.1\\nRequires-Dist: pandas<3\\n")
        wheel.writestr("mine-0.1.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr("mine-0.1.dist-info/RECORD", "")
    return name
build_editable = build_wheel
"""
PROJECT = '[project]\nname = "mine"\nversion = "0.1"\ndependencies = ["pandas<3"]\n'
BUILT = f'{PROJECT}[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


@dataclass
class Outcome:
    """The end of one build: new packages, and the lines of the log."""

    installed: dict[str, str]
    log: list[str]


class Builder:
    """The part of an assemble script that installs packages, in an environment with the server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = folder / "index"
        self.index.mkdir()
        for release, requires in INDEX.items():
            make_wheel(self.index, *release.split("=="), requires)
        self.scripts = folder / "builder"
        shutil.copytree(COMMON, self.scripts)
        (self.scripts / "requirements.in").write_text("server>=1\n")
        self.env = {
            "PATH": "/usr/bin:/bin",
            "UV_CACHE_DIR": str(folder / "cache"),
            "UV_CONFIG_FILE": str(folder / "uv.toml"),
        }
        (folder / "uv.toml").write_text(f'[pip]\nno-index = true\nfind-links = ["{self.index}"]\n')
        self.image = folder / "image"
        self.run(UV, "venv", "--quiet", self.image, "--python", sys.executable)
        shutil.copytree(Path(packaging.__file__).parent, site_packages(self.image) / "packaging")
        python = self.image / "bin/python"
        self.run(UV, "pip", "install", "--python", python, "server==1.0", "tornado==6.0")

    def run(
        self, *words: str | Path, cwd: Path | None = None, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        env = {**self.env, **environ}
        return subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)

    def build(self, repository: Path, **environ: str) -> Outcome:
        script = self.scripts / "dependency_files.py"
        found = self.run(sys.executable, script, repository, self.folder, **environ)
        log, arguments = found.stderr.splitlines(), found.stdout.splitlines()
        if found.returncode or not arguments:
            return Outcome({}, log)
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            layer = Path(folder) / "layer"
            shutil.copytree(self.image, layer, symlinks=True)
            script = self.scripts / "install_packages.py"
            done = self.run(layer / "bin/python", script, UV, "the server", *arguments, cwd=repository)
            before, after = installed(self.image), installed(layer)
        new = {name: after[name] for name in after if after[name] != before.get(name)}
        return Outcome(new, log + done.stderr.splitlines())


def site_packages(environment: Path) -> Path:
    return Path(sysconfig.get_path("purelib", vars={"base": str(environment)}))


def installed(environment: Path) -> dict[str, str]:
    return dict(path.stem.split("-", 1) for path in site_packages(environment).glob("*.dist-info"))


def make_wheel(folder: Path, name: str, version: str, requires: list[str]) -> None:
    module = name.replace("-", "_")
    (folder / f"{module}-{version}-py3-none-any.whl").write_bytes(wheel(name, version, *requires))


def wheel(name: str, version: str, *requires: str) -> bytes:
    """A package of one empty module."""
    module = name.replace("-", "_")
    extras = {"parquet"} if any("extra" in text for text in requires) else set()
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        *(f"Provides-Extra: {extra}" for extra in extras),
        *(f"Requires-Dist: {text}" for text in requires),
    ]
    info = f"{module}-{version}.dist-info"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in {
            f"{module}.py": "",
            f"{info}/METADATA": "\n".join(metadata) + "\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": "",
        }.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return content.getvalue()


@pytest.fixture(scope="module")
def builder(tmp_path_factory) -> Builder:
    return Builder(tmp_path_factory.mktemp("builder"))


@pytest.fixture
def repository(tmp_path):
    """Make the folder of a repository: `repository({"requirements.txt": "pandas"})`."""

    def make(files: dict[str, str | bytes]) -> Path:
        for name, content in files.items():
            file = tmp_path / "repository" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / "repository"

    return make


def lock(**packages: str) -> str:
    """A Pipfile.lock."""
    entries = ", ".join(f'"{name}": {{"version": "=={version}"}}' for name, version in packages.items())
    return f'{{"_meta": {{"sources": [{{"url": "https://pypi.org/simple"}}]}}, "default": {{{entries}}}}}'


INSTALLED = {
    "requirements.txt": ({"requirements.txt": "pandas\n"}, {"pandas": "3.0"}),
    "no dependencies at all": ({"Index.ipynb": "{}"}, {}),
    "Windows line ends": ({"requirements.txt": "pandas<3\r\n# comment\r\n"}, {"pandas": "2.0"}),
    "a byte order mark": ({"requirements.txt": "\ufeffpandas\n".encode()}, {"pandas": "3.0"}),
    "UTF-16, as PowerShell writes it": (
        {"requirements.txt": "pandas<3\r\n".encode("utf-16")},
        {"pandas": "2.0"},
    ),
    "-r and -c, in folders": (
        {
            "requirements.txt": "-r more/base.txt\n",
            "more/base.txt": "-c limits.txt\npandas\n",
            "more/limits.txt": "pandas<3\n",
        },
        {"pandas": "2.0"},
    ),
    "UTF-16 behind -r": (
        {"requirements.txt": "-r base.txt\n", "base.txt": "pandas<3".encode("utf-16")},
        {"pandas": "2.0"},
    ),
    "an extra": ({"requirements.txt": "pandas[parquet]\n"}, {"pandas": "3.0", "pyarrow": "20.0"}),
    "a marker that does not hold": ({"requirements.txt": 'pandas; sys_platform == "win32"\n'}, {}),
    "-e .": (
        {"requirements.txt": "-e .\n", "pyproject.toml": BUILT, "backend.py": BACKEND},
        {"mine": "0.1", "pandas": "2.0"},
    ),
    "a project beside requirements.txt": (
        {"requirements.txt": "pyarrow\n", "pyproject.toml": BUILT, "backend.py": BACKEND},
        {"mine": "0.1", "pandas": "2.0", "pyarrow": "20.0"},
    ),
    "[project] without [build-system]": ({"pyproject.toml": PROJECT}, {"pandas": "2.0"}),
    "pyproject.toml for tools only": ({"pyproject.toml": "[tool.ruff]\nline-length = 99\n"}, {}),
    "sources of a compiled requirements.txt beside a project": (
        {"requirements.in": "pyarrow\n", "pyproject.toml": PROJECT},
        {"pandas": "2.0"},
    ),
    "Pipfile": (
        {"Pipfile": '[packages]\npandas = {version = "<4", extras = ["parquet"]}\n'},
        {"pandas": "3.0", "pyarrow": "20.0"},
    ),
    "Pipfile.lock": (
        {"Pipfile": '[packages]\npandas = "*"\n', "Pipfile.lock": lock(pandas="2.0")},
        {"pandas": "2.0"},
    ),
    "Pipfile beside requirements.txt": (
        {"requirements.txt": "pyarrow\n", "Pipfile": '[packages]\npandas = "*"\n'},
        {"pyarrow": "20.0"},
    ),
    "binder/requirements.txt": ({"binder/requirements.txt": "pandas<3\n"}, {"pandas": "2.0"}),
    ".binder/ goes before the root": (
        {".binder/requirements.txt": "pandas\n", "requirements.txt": "pyarrow\n"},
        {"pandas": "3.0"},
    ),
    "a Python package named binder": (
        {"binder/__init__.py": "", "requirements.txt": "pandas\n"},
        {"pandas": "3.0"},
    ),
    "wheels of the repository": (
        {
            "requirements.txt": "--find-links wheels\nlocal\n",
            "wheels/local-1.0-py3-none-any.whl": wheel("local", "1.0"),
        },
        {"local": "1.0"},
    ),
    "a folder of the repository": (
        {"requirements.txt": "./lib\n", "lib/pyproject.toml": BUILT, "lib/backend.py": BACKEND},
        {"mine": "0.1", "pandas": "2.0"},
    ),
    "comments and blank lines alone": ({"requirements.txt": "# nothing yet\n\n"}, {}),
    "blanks in a version, and a comment": (
        {"requirements.txt": "pandas == 2.0  # not 3\n"},
        {"pandas": "2.0"},
    ),
    "a package twice": ({"requirements.txt": "pandas\nPandas==2.0\n"}, {"pandas": "2.0"}),
    "options of pip": ({"requirements.txt": "--pre\n--no-binary :none:\npandas<3\n"}, {"pandas": "2.0"}),
    "a project's folder in Pipfile": (
        {
            "Pipfile": '[packages]\nmine = {path = ".", editable = true}\n',
            "pyproject.toml": BUILT,
            "backend.py": BACKEND,
        },
        {"mine": "0.1", "pandas": "2.0"},
    ),
    "extras that nobody asked for": (
        {"pyproject.toml": f'{PROJECT}[project.optional-dependencies]\ndev = ["pyarrow"]\n'},
        {"pandas": "2.0"},
    ),
    "files of other tools": (
        {
            "requirements.txt": "pandas<3\n",
            "Dockerfile": "FROM x\n",
            "package.json": "{}",
            ".python-version": "3.7\n",
        },
        {"pandas": "2.0"},
    ),
    "conda's file beside requirements.txt": (
        {"environment.yml": "name: mine\n", "requirements.txt": "pandas\n"},
        {"pandas": "3.0"},
    ),
    "a version of the image's that the server also accepts": (
        {"requirements.txt": "tornado==6.1\n"},
        {"tornado": "6.1"},
    ),
    "a package that the image has": ({"requirements.txt": "tornado\nserver\n"}, {}),
}


@pytest.mark.parametrize("name", INSTALLED)
def test_a_repository_gets_its_packages(name, builder, repository):
    files, installed = INSTALLED[name]
    outcome = builder.build(repository(files))
    assert outcome.installed == installed, outcome.log


def test_hashes_are_checked(builder, repository):
    right = sha256((builder.index / "pandas-2.0-py3-none-any.whl").read_bytes()).hexdigest()
    good = builder.build(repository({"requirements.txt": f"pandas==2.0 \\\n    --hash=sha256:{right}\n"}))
    assert good.installed == {"pandas": "2.0"}
    bad = builder.build(repository({"requirements.txt": f"pandas==2.0 --hash=sha256:{'0' * 64}\n"}))
    assert bad.installed == {}
    assert any("Hash mismatch" in line for line in bad.log), bad.log


def test_a_git_address_is_installed(builder, repository, tmp_path):
    source = repository({"pyproject.toml": BUILT, "backend.py": BACKEND}).rename(tmp_path / "source")
    commands = ("init -q", "add -A", "-c user.name=me -c user.email=me@example.com commit -qm first")
    for words in commands:
        subprocess.run(["git", "-C", source, *words.split()], check=True)
    outcome = builder.build(repository({"requirements.txt": f"mine @ git+file://{source}\n"}))
    assert outcome.installed == {"mine": "0.1", "pandas": "2.0"}, outcome.log


def test_files_that_are_not_read_are_named(builder, repository):
    files = {
        "binder/requirements.txt": "pandas\n",
        "requirements.txt": "pyarrow\n",
        "pyproject.toml": PROJECT,
    }
    assert builder.build(repository(files)).log[:2] == [
        "     requirements.txt is not read, since binder/ names the packages",
        "     pyproject.toml is not read, since binder/ names the packages",
    ]


def test_a_lock_file_that_is_not_read_is_named(builder, repository):
    outcome = builder.build(repository({"pyproject.toml": PROJECT, "pdm.lock": ""}))
    assert outcome.log[0] == "     pdm.lock is not read: the versions come from pyproject.toml"


NEWER = PROJECT.replace("pandas<3", "pandas>=2")  # of which the newest version is 3.0


def locked_by_uv(builder: Builder, source: Path) -> None:
    """Lock the project with pandas 2.0, and let it accept any version later."""
    toml = source / "pyproject.toml"
    text = toml.read_text()
    toml.write_text(text.replace("pandas>=2", "pandas==2.0"))
    done = builder.run(
        UV, "lock", "--python", sys.executable, "--no-index", "--find-links", builder.index, cwd=source
    )
    assert done.returncode == 0, done.stderr
    lock_file = source / "uv.lock"
    lock_file.write_text(lock_file.read_text().replace('specifier = "==2.0"', 'specifier = ">=2"'))
    toml.write_text(text)


@pytest.mark.parametrize("built", [False, True])
def test_the_versions_of_uv_lock_are_installed(builder, repository, built):
    backend = BACKEND.replace("pandas<3", "pandas>=2")
    system = BUILT.removeprefix(PROJECT) if built else ""
    groups = '[dependency-groups]\ndev = ["pyarrow"]\n'
    project = NEWER.replace('version = "0.1"', 'version = "0.1"\nrequires-python = ">=3.10"')
    source = repository({"pyproject.toml": project + groups + system, "backend.py": backend})
    locked_by_uv(builder, source)
    outcome = builder.build(source)
    assert outcome.installed == {"pandas": "2.0"} | ({"mine": "0.1"} if built else {}), outcome.log


def test_a_uv_lock_that_cannot_be_read_fails_the_build(builder, repository):
    outcome = builder.build(repository({"pyproject.toml": PROJECT, "uv.lock": "version = "}))
    assert outcome.installed == {}
    assert outcome.log[0].startswith("ERROR: uv.lock cannot be read: error: Failed to parse `uv.lock`")


def poetry_lock(*packages: str) -> str:
    return "".join(f"[[package]]\n{package}\n" for package in packages) + '[metadata]\nlock-version = "2.1"\n'


def poetry_package(name: str, version: str, more: str = "", groups: str = '["main"]') -> str:
    return f'name = "{name}"\nversion = "{version}"\noptional = false\ngroups = {groups}\nfiles = []\n{more}'


POETRY = '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npandas = ">=2"\n'


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        (POETRY, {"pandas": "2.0"}),
        (NEWER, {"pandas": "2.0"}),
        (NEWER + BUILT.removeprefix(PROJECT), {"pandas": "2.0", "mine": "0.1"}),
    ],
    ids=["without a package", "with [project]", "a package"],
)
def test_the_versions_of_poetry_lock_are_installed(builder, repository, toml, expected):
    lock_file = poetry_lock(
        poetry_package("pandas", "2.0"),
        poetry_package("pyarrow", "20.0", groups='["dev"]'),
        poetry_package("traitlets", "9.9", more="markers = 'sys_platform == \"win32\"'"),
    )
    files = {"pyproject.toml": toml, "poetry.lock": lock_file, "backend.py": BACKEND}
    outcome = builder.build(repository(files))
    assert outcome.installed == expected, outcome.log


def test_the_hashes_of_poetry_lock_are_checked(builder, repository):
    wrong = f'files = [{{file = "pandas-2.0-py3-none-any.whl", hash = "sha256:{"0" * 64}"}}]'
    package = poetry_package("pandas", "2.0").replace("files = []", wrong)
    outcome = builder.build(repository({"pyproject.toml": POETRY, "poetry.lock": poetry_lock(package)}))
    assert outcome.installed == {}
    assert any("Hash mismatch" in line for line in outcome.log), outcome.log


def test_a_version_of_a_lock_file_that_conflicts_with_the_server_is_explained(builder, repository):
    lock_file = poetry_lock(poetry_package("tornado", "5.0"))
    outcome = builder.build(repository({"pyproject.toml": POETRY, "poetry.lock": lock_file}))
    assert outcome.log[0] == "ERROR: Your requirement tornado==5.0 conflicts with the server:"


def test_packages_of_a_folder_are_named_if_the_root_names_none(builder, repository):
    outcome = builder.build(repository({"notebooks/requirements.txt": "pandas\n"}))
    sentence = (
        "notebooks/requirements.txt is not read: the parameter CONTEXT_DIR chooses the folder of a build"
    )
    assert outcome == Outcome({}, [f"     {sentence}"])
    repository({"requirements.txt": "pandas<3\n"})
    assert builder.build(repository({})).log == []


def test_another_python_in_binders_runtime_txt_is_named(builder, repository):
    outcome = builder.build(repository({"runtime.txt": "python-3.7\n"}))
    own = "python-{}.{}".format(*sys.version_info)
    assert outcome.log == [f"     runtime.txt asks for python-3.7, but this image has {own}"]
    assert builder.build(repository({"runtime.txt": f"{own}.2\n"})).log == []


def test_requirements_files_that_include_each_other_are_read_once(builder, repository):
    files = {"requirements.txt": "-r other.txt\npandas\n", "other.txt": "-r requirements.txt\npyarrow\n"}
    assert builder.build(repository(files)) == Outcome({"pandas": "3.0", "pyarrow": "20.0"}, [])


def test_variables_choose_files_as_in_the_sclorg_images(builder, repository):
    files = {
        "requirements.txt": "pyarrow\n",
        "Pipfile": '[packages]\npandas = "*"\n',
        "pyproject.toml": BUILT,
        "backend.py": BACKEND,
    }
    environ = {"ENABLE_PIPENV": "true", "DISABLE_PYPROJECT_TOML_PROCESSING": "1"}
    assert builder.build(repository(files), **environ).installed == {"pandas": "3.0"}


def test_setup_py_is_installed_unless_it_is_disabled(builder, repository):
    source = repository({"setup.py": "from setuptools import setup; setup()\n"})
    script = builder.scripts / "dependency_files.py"
    assert builder.run(sys.executable, script, source, builder.folder).stdout == f"{source}\n"
    disabled = {"DISABLE_SETUP_PY_PROCESSING": "1"}
    assert builder.run(sys.executable, script, source, builder.folder, **disabled).stdout == ""


def test_an_editable_git_address_is_installed(builder, repository, tmp_path):
    """As pip freeze writes it; uv refuses it."""
    source = repository({"pyproject.toml": BUILT, "backend.py": BACKEND}).rename(tmp_path / "source")
    for words in ("init -q", "add -A", "-c user.name=me -c user.email=me@example.com commit -qm first"):
        subprocess.run(["git", "-C", source, *words.split()], check=True)
    for name in ("mine", "mine[all]"):
        outcome = builder.build(repository({"requirements.txt": f"-e git+file://{source}#egg={name}\n"}))
        assert outcome.installed == {"mine": "0.1", "pandas": "2.0"}, outcome.log


CONDA = (
    "needs conda, which is not in this image. List the packages in requirements.txt instead, one per line, "
    "for example: pandas>=2"
)
REFUSED = {
    "Requirements.txt": (
        {"Requirements.txt": "pandas\n"},
        "Requirements.txt is not read. Rename it to requirements.txt.",
    ),
    "requirement.txt": (
        {"requirement.txt": "pandas\n"},
        "requirement.txt is not read. Rename it to requirements.txt.",
    ),
    "pipfile": ({"pipfile": ""}, "pipfile is not read. Rename it to Pipfile."),
    "postbuild": ({"postbuild": "true"}, "postbuild is not read. Rename it to postBuild."),
    "requirements/base.txt": (
        {"requirements/base.txt": "pandas\n"},
        "requirements/base.txt is not read. Add a requirements.txt with the line: -r requirements/base.txt",
    ),
    "requirements-dev.txt": (
        {"requirements-dev.txt": "pandas\n"},
        "requirements-dev.txt is not read. Add a requirements.txt with the line: -r requirements-dev.txt. "
        "To build without it, list requirements-dev.txt in .s2iignore.",
    ),
    "setup.cfg": (
        {"setup.cfg": "[options]\ninstall_requires = pandas\n"},
        "setup.cfg is read only beside a setup.py. Add one with the line: from setuptools import setup; "
        "setup()",
    ),
    "uv.lock alone": (
        {"uv.lock": "version = 1\n"},
        "uv.lock is read only beside its pyproject.toml, which is not in the repository.",
    ),
    "conda's list": (
        {"requirements.txt": "# platform: linux-64\npandas=2.0=py312_0\n"},
        "requirements.txt, line 2: 'pandas=2.0=py312_0' is in conda's format. Write: pandas==2.0",
    ),
    "a single equals sign": (
        {"requirements.txt": "pandas=2.0\n"},
        "requirements.txt, line 1: 'pandas=2.0' is in conda's format. Write: pandas==2.0",
    ),
    "pip freeze in conda": (
        {
            "requirements.txt": "-r base.txt\n",
            "base.txt": "pandas @ file:///croot/pandas_1692/work\n",
        },
        "base.txt, line 1: 'pandas @ file:///croot/pandas_1692/work' names a place that the build "
        "does not have. Write: pandas",
    ),
    "a command": (
        {"requirements.txt": "pip install pandas pyarrow\n"},
        "requirements.txt, line 1: 'pip install pandas pyarrow' is a command. Write its packages, one a "
        "line: pandas pyarrow",
    ),
    "pixi.toml": ({"pixi.toml": "[workspace]\n"}, f"pixi.toml {CONDA}"),
    "conda-lock.yml": ({"conda-lock.yml": ""}, f"conda-lock.yml {CONDA}"),
    "Poetry without a build system": (
        {"pyproject.toml": '[tool.poetry.dependencies]\npandas = "*"\n'},
        "pyproject.toml has [tool.poetry] without [build-system], which only Poetry can read. Write the "
        "packages to requirements.txt: poetry export --without-hashes --output requirements.txt",
    ),
    "environment.yml": ({"environment.yml": "name: mine\n"}, f"environment.yml {CONDA}"),
    "binder/environment.yml": (
        {"binder/environment.yml": "name: mine\n"},
        f"binder/environment.yml {CONDA}",
    ),
    "apt.txt": (
        {"apt.txt": "graphviz\n", "requirements.txt": "pandas\n"},
        "apt.txt names Debian packages, which a build cannot install without root. Build on a base image "
        "that has them. To build without it, list apt.txt in .s2iignore.",
    ),
    "install.R": (
        {"binder/install.R": ""},
        "binder/install.R is for a language that is not in this image. To build without it, list "
        "binder/install.R in .s2iignore.",
    ),
    "binder/start": (
        {"binder/start": "", "binder/requirements.txt": ""},
        "binder/start is not run: set environment variables in .s2i/environment. To build without it, list "
        "binder/start in .s2iignore.",
    ),
    "Poetry without a package": (
        {"pyproject.toml": "[tool.poetry]\npackage-mode = false\n"},
        "pyproject.toml has package-mode = false, which only Poetry can read. Write the packages to "
        "requirements.txt: poetry export --without-hashes --output requirements.txt",
    ),
    "Poetry 1": (
        {
            "pyproject.toml": PROJECT,
            "poetry.lock": '[[package]]\nname = "pandas"\nversion = "2.0"\noptional = false\n',
        },
        "poetry.lock was written by Poetry 1, from which a build cannot tell your packages from those for "
        "development. Run 'poetry lock' with Poetry 2; or list poetry.lock in .s2iignore, to install the "
        "newest versions that pyproject.toml allows.",
    ),
    "broken poetry.lock": (
        {"pyproject.toml": PROJECT, "poetry.lock": "[[package\n"},
        "poetry.lock cannot be read: Expected ']]' at the end of an array declaration (at line 1, column 10)",
    ),
    "broken TOML": (
        {"pyproject.toml": "[project\n"},
        "pyproject.toml cannot be read: Expected ']' at the end of a table declaration (at line 1, column 9)",
    ),
    "Latin-1": (
        {"requirements.txt": "pandas # für mich\n".encode("latin-1")},
        "requirements.txt is not in UTF-8. Save it as UTF-8.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_repository_whose_packages_would_be_missing_is_refused(name, builder, repository):
    files, sentence = REFUSED[name]
    assert builder.build(repository(files)) == Outcome({}, [f"ERROR: {sentence}"])


def test_a_conflict_names_both_requirements_and_a_version_that_fits(builder, repository):
    outcome = builder.build(repository({"requirements.txt": "pandas\ntornado==5.0\n"}))
    assert outcome == Outcome(
        {},
        [
            "ERROR: Your requirement tornado==5.0 conflicts with the server:",
            "  server 1.0 needs tornado>=6; yours installs tornado 5.0",
            "Write instead: tornado==6.1",
        ],
    )


def test_a_conflict_of_a_dependency_names_the_package_that_needs_it(builder, repository):
    outcome = builder.build(repository({"requirements.txt": "old-web\n"}))
    assert outcome == Outcome(
        {},
        [
            "ERROR: Your requirement old-web conflicts with the server:",
            "  server 1.0 needs tornado>=6; yours installs tornado 5.0, since old-web needs it",
            "No version of old-web works with the server: remove it.",
        ],
    )


def test_a_message_of_thousands_of_lines_is_cut(builder, repository):
    lines = "".join(f"no-such-package-{number}\n" for number in range(200))
    log = builder.build(repository({"requirements.txt": lines})).log
    assert len(log) <= 20
    assert max(map(len, log)) <= 310
