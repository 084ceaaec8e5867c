"""Shared volumes, connections and users' own secrets, with labelled objects as a cluster lists them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from jupyterhub_openshift.spawner.shared_data import connections
from jupyterhub_openshift.spawner.shared_data.connections import Connection
from jupyterhub_openshift.spawner.shared_data.labels import Obj
from jupyterhub_openshift.spawner.shared_data.volumes import SharedVolume, shared_volumes
from jupyterhub_openshift.spawner.spawn_failures import SpawnRefused

from .pods import manifest, requested

CLAIMS = ("GET", "/api/v1/namespaces/rec/persistentvolumeclaims")
SECRETS = ("GET", "/api/v1/namespaces/rec/secrets")
HOME = "/opt/app-root/src"
READ_ONLY = {"hub.jupyter.org/read-only": "true"}
STUDENTS = {"hub.jupyter.org/groups": "students, staff"}


def claim(
    name: str = "course",
    annotations: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
    *,
    modes: tuple[str, ...] = ("ReadWriteMany",),
    phase: str = "Bound",
    storage_class: str | None = None,
) -> Obj:
    labels = {"hub.jupyter.org/shared-volume": "true", **(labels or {})}
    spec = {"accessModes": list(modes), "storageClassName": storage_class}
    metadata = {"name": name, "labels": labels, "annotations": annotations}
    return {"metadata": metadata, "spec": spec, "status": {"phase": phase}}


def secret(
    name: str = "s3", annotations: dict[str, str] | None = None, labels: dict[str, str] | None = None
) -> Obj:
    labels = {"hub.jupyter.org/connection": "true", **(labels or {})}
    return {"metadata": {"name": name, "labels": labels, "annotations": annotations}}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (claim(), SharedVolume("course")),
        (claim(annotations=READ_ONLY), SharedVolume("course", read_only=True)),
        (claim(annotations=STUDENTS), SharedVolume("course", frozenset({"students", "staff"}))),
        (
            claim(modes=("ReadOnlyMany",)),
            SharedVolume("course", read_only=True, read_only_source=True),
        ),
        (claim(modes=("ReadWriteOnce",)), SharedVolume("course")),  # all servers may be on one node
        (claim(phase="Pending", storage_class="late"), SharedVolume("course")),
        (claim(phase="Pending", storage_class="unreadable"), SharedVolume("course")),
        (claim(annotations={"pv.kubernetes.io/bind-completed": "yes"}), SharedVolume("course")),
    ],
)
def test_a_labelled_claim_is_a_shared_volume(one, expected):
    modes = {"late": "WaitForFirstConsumer", "unreadable": None}
    assert shared_volumes([one], modes) == ([expected], [])


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (
            claim(annotations={"hub.jupyter.org/readonly": "true"}),
            "has the annotation hub.jupyter.org/readonly, which does not exist "
            "(did you mean hub.jupyter.org/read-only?)",
        ),
        (
            claim(annotations={"hub.jupyter.org/group": "a"}),
            "has the annotation hub.jupyter.org/group, which does not exist "
            "(did you mean hub.jupyter.org/groups?)",
        ),
        (
            claim(labels={"hub.jupyter.org/read-only": "true"}),
            "has the label hub.jupyter.org/read-only, which must be an annotation: use `oc annotate`",
        ),
        (
            claim(annotations={"hub.jupyter.org/read-only": "yes"}),
            'has the annotation hub.jupyter.org/read-only: yes, but only "true" and "false" exist',
        ),
        (
            claim(annotations={"hub.jupyter.org/groups": " , "}),
            "has the annotation hub.jupyter.org/groups without a group. "
            "An example that works: students,staff",
        ),
        (
            claim(labels={"hub.jupyter.org/shared-volume": "yes"}),
            'has the label hub.jupyter.org/shared-volume=yes, but only the values "true" and "false" exist',
        ),
        (claim(labels={"component": "singleuser-storage"}), "is the volume of a user"),
        (claim(labels={"component": "database"}), "is the volume of a hub's database"),
        (
            claim(modes=("ReadWriteOncePod",)),
            "has the access mode ReadWriteOncePod, with which only one server could run",
        ),
        (claim(phase="Lost"), "has lost its volume"),
        (claim(phase="Pending", storage_class="now"), "is not bound to a volume"),
        (claim(phase="Pending"), "is not bound to a volume"),
        (
            claim(phase="Pending", storage_class="nosuch"),
            "is not bound to a volume; the storage class nosuch does not exist",
        ),
    ],
)
def test_a_claim_that_is_not_usable_is_left_out_with_a_sentence(one, reason):
    found, problems = shared_volumes([claim("other"), one], {"now": "Immediate"})
    assert found == [SharedVolume("other")]
    assert problems == [f"The claim course is not mounted: it {reason}."]


def test_a_claim_that_is_being_deleted_is_left_out():
    one = claim()
    one["metadata"]["deletionTimestamp"] = "2026-11-27T08:00:00Z"
    assert shared_volumes([one], {}) == ([], ["The claim course is not mounted: it is being deleted."])


def test_the_label_false_turns_an_object_off_without_a_word():
    assert shared_volumes([claim(labels={"hub.jupyter.org/shared-volume": "false"})], {}) == ([], [])


def test_a_labelled_secret_is_a_connection_with_its_title():
    annotations = {"openshift.io/display-name": "Measurements", "openshift.io/description": "Since 2019"}
    found, problems = connections.connections(
        [secret("z"), secret("s3", annotations), secret("a", STUDENTS)], "jupyterhub"
    )
    assert problems == []
    assert found == [
        Connection("a", "a", groups=frozenset({"students", "staff"})),
        Connection("s3", "Measurements", "Since 2019"),
        Connection("z", "z"),
    ]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (secret("jupyterhub"), "has the keys of a hub"),
        (secret("other", labels={"app.kubernetes.io/component": "credentials"}), "has the keys of a hub"),
        (secret("jupyterhub-user-alice"), "belongs to one user"),
        (
            secret("token", {"kubernetes.io/service-account.name": "builder"}),
            "has the token of a service account",
        ),
        (
            secret("s3", READ_ONLY),
            "has the annotation hub.jupyter.org/read-only, which does not exist",
        ),
        (
            secret(labels={"hub.jupyter.org/conection": "true"}),
            "has the label hub.jupyter.org/conection, which does not exist "
            "(did you mean hub.jupyter.org/connection?)",
        ),
    ],
)
def test_a_secret_that_nobody_should_choose_is_left_out_with_a_sentence(one, reason):
    assert connections.connections([one], "jupyterhub") == (
        [],
        [f"The secret {one['metadata']['name']} is not offered as a connection: it {reason}."],
    )


@pytest.fixture
def project(spawner_of, api):
    """Make a spawner in a project with these labelled objects."""

    def make(claims: tuple[Obj, ...] = (), secrets: tuple[Obj, ...] = (), groups: tuple[str, ...] = ()):
        for path, items in ((CLAIMS, claims), (SECRETS, secrets)):
            api.answers[path] = (200, {"metadata": {}, "items": list(items)})
        spawner = spawner_of("alice", volume_size="1Gi", authenticator="github")
        spawner._reported.clear()
        spawner.user.groups = [SimpleNamespace(name=name) for name in groups]
        return spawner

    return make


def mounts(pod: dict) -> list[tuple[str, bool]]:
    found = pod["spec"]["containers"][0]["volumeMounts"]
    return [(each["mountPath"], each.get("readOnly", False)) for each in found]


async def test_shared_volumes_are_mounted_beside_the_users_own(project):
    pod = await manifest(project((claim("b.data", READ_ONLY), claim("a"))))
    assert mounts(pod) == [
        (HOME, False),
        (f"{HOME}/shared/a", False),
        (f"{HOME}/shared/b.data", True),
    ]
    assert [volume["persistentVolumeClaim"]["claimName"] for volume in pod["spec"]["volumes"]] == [
        "jupyterhub-nb-alice",
        "a",
        "b.data",
    ]
    names = [volume["name"] for volume in pod["spec"]["volumes"]]
    assert (names[1], len({*names}), "." in names[2]) == ("shared-a", 3, False)


async def test_the_folders_of_shared_volumes_belong_to_the_user(project):
    """Otherwise the container runtime makes them as root, and the user could never remove them."""
    pod = await manifest(project((claim("a"), claim("b"))))
    (setup,) = pod["spec"]["initContainers"]
    assert setup["command"][-2:] == ["shared/a", "shared/b"]


async def test_a_shared_volume_for_groups_is_mounted_for_their_members_only(project):
    assert len(mounts(await manifest(project((claim(annotations=STUDENTS),))))) == 1
    assert len(mounts(await manifest(project((claim(annotations=STUDENTS),), groups=("staff",))))) == 2


async def test_a_volume_of_the_configuration_takes_precedence(project, caplog):
    spawner = project((claim("course"), claim("data")))
    source = {"persistentVolumeClaim": {"claimName": "data"}}
    spawner.volumes = [{"name": "mine", "emptyDir": {}}, {"name": "again", **source}]
    spawner.volume_mounts = [{"name": "mine", "mountPath": f"{HOME}/shared/course/"}]
    pod = await manifest(spawner)
    assert mounts(pod) == [(HOME, False), (f"{HOME}/shared/course/", False), (f"{HOME}/shared/data", False)]
    assert [volume["name"] for volume in pod["spec"]["volumes"]] == ["home", "mine", "again"]
    assert (
        f"The claim course is not mounted: it cannot be at {HOME}/shared/course, as the configuration mounts "
        f"a volume at {HOME}/shared/course."
    ) in caplog.text


@pytest.mark.parametrize("name", ["course", "c" * 253])
async def test_the_names_of_volumes_are_valid_and_no_others(project, name):
    spawner = project((claim(name),))
    (own,) = [each["name"] for each in (await manifest(spawner))["spec"]["volumes"] if each["name"] != "home"]
    spawner.volumes = [{"name": own, "emptyDir": {}}]
    names = [each["name"] for each in (await manifest(spawner))["spec"]["volumes"]]
    assert (len({*names}), max(map(len, names)) <= 63) == (3, True)


async def test_shared_data_stays_in_a_pod_that_a_hook_changes(project, api, recorded):
    def hook(_: object, pod: object) -> object:
        pod.spec.volumes = [{"name": "scratch", "emptyDir": {}}]
        pod.spec.containers[0].volume_mounts = [{"name": "scratch", "mountPath": "/scratch"}]
        pod.spec.containers[0].env_from = None
        return pod

    spawner = project((claim("course"),))
    spawner.modify_pod_hook = hook
    pod = await requested(spawner, api, recorded)
    assert mounts(pod) == [(HOME, False), ("/scratch", False), (f"{HOME}/shared/course", False)]
    assert [volume["name"] for volume in pod["spec"]["volumes"]] == ["home", "scratch", "shared-course"]
    assert len(pod["spec"]["containers"][0]["envFrom"]) == 1


async def test_an_unusable_object_is_logged_once_until_something_changes(project, api, caplog):
    spawner = project((claim(phase="Lost"),))
    for _ in range(2):
        assert mounts(await manifest(spawner)) == [(HOME, False)]
    assert caplog.text.count("has lost its volume") == 1
    api.answers[CLAIMS] = (200, {"metadata": {}, "items": []})
    await manifest(spawner)
    api.answers[CLAIMS] = (200, {"metadata": {}, "items": [claim(phase="Lost")]})
    await manifest(spawner)
    assert caplog.text.count("has lost its volume") == 2


async def test_a_server_starts_although_the_hub_may_list_neither_claims_nor_secrets(project, api, caplog):
    spawner = project()
    for path in (CLAIMS, SECRETS):
        api.answers[path] = (403, {"message": "forbidden"})
    assert mounts(await manifest(spawner)) == [(HOME, False)]
    assert await spawner.get_options_form() == ""
    assert (
        "No shared volume is mounted: the hub's service account may not list persistentvolumeclaims. "
        "Apply the template's Role again."
    ) in caplog.text


async def test_the_pending_claims_class_decides_whether_pods_could_start(project, api):
    path = "/apis/storage.k8s.io/v1/storageclasses/late"
    api.answers["GET", path] = (200, {"volumeBindingMode": "WaitForFirstConsumer"})
    claims = (
        claim("a", phase="Pending", storage_class="late"),
        claim("b", phase="Pending", storage_class="x"),
    )
    assert mounts(await manifest(project(claims))) == [(HOME, False), (f"{HOME}/shared/a", False)]


async def test_the_users_own_secret_is_optional_environment(project):
    pod = await manifest(project())
    assert pod["spec"]["containers"][0]["envFrom"] == [
        {"secretRef": {"name": "jupyterhub-user-alice", "optional": True}}
    ]


@pytest.mark.parametrize(
    ("user", "name"),
    [("alice", "alice"), ("alice@example.org", "alice-example-org---7a64adf2"), ("x" * 60, None)],
)
def test_the_users_secret_is_named_like_pod_and_claim(user, name):
    found = connections.user_secret("jupyterhub", user)
    assert found == f"jupyterhub-user-{name}" or (name is None and len(found) <= 63 and "---" in found)


async def test_chosen_connections_become_environment_before_the_users_own_secret(project):
    spawner = project(secrets=(secret("s3"), secret("warehouse"), secret("other")))
    spawner.extra_container_config = {"envFrom": [{"configMapRef": {"name": "ours"}}]}
    spawner.user_options = spawner.options_from_form({"connection": ["s3", "warehouse"]})
    await spawner.load_user_options()
    pod = await manifest(spawner)
    assert pod["spec"]["containers"][0]["envFrom"] == [
        {"configMapRef": {"name": "ours"}},
        {"secretRef": {"name": "s3"}},
        {"secretRef": {"name": "warehouse"}},
        {"secretRef": {"name": "jupyterhub-user-alice", "optional": True}},
    ]


async def test_connections_are_offered_with_title_and_the_last_choice(project):
    text = {"openshift.io/display-name": "<b>Data</b>", "openshift.io/description": "Since 2019"}
    spawner = project(secrets=(secret("s3", text), secret("staff", STUDENTS)))
    form = await spawner.get_options_form()
    assert "&lt;b&gt;Data&lt;/b&gt;" in form and "Since 2019" in form
    assert ('value="s3"' in form, 'value="staff"' in form, "checked" in form) == (True, False, False)
    spawner.user_options = {"connections": ["s3"]}
    assert "checked" in await spawner.get_options_form()
    member = project(secrets=(secret("staff", STUDENTS),), groups=("staff",))
    assert 'value="staff"' in await member.get_options_form()


async def test_only_the_metadata_of_secrets_is_asked_for(project, api):
    """The stand-in, like the API, would send the values to a client that accepts them."""
    spawner = project(secrets=(secret("s3"),))
    await spawner.get_options_form()
    await manifest(spawner)
    accepted = {path: accept for (_, path, _), accept in zip(api.requests, api.accepted, strict=True)}
    assert accepted[SECRETS[1]] == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"connections": ["staff"]},
            'You may not use the connection "staff", or this hub no longer offers it. '
            "Choose again: start the server from the hub's home page.",
        ),
        (
            {"connections": ["jupyterhub", "nosuch", "s3"]},
            'You may not use the connections "jupyterhub", "nosuch", or this hub no longer offers it. '
            "Choose again: start the server from the hub's home page.",
        ),
        ({"connections": "s3"}, '"connections" should be a list of names, such as ["s3"].'),
        ({"connections": [{"name": "s3"}]}, '"connections" should be a list of names, such as ["s3"].'),
    ],
)
async def test_a_forged_or_old_choice_is_refused(project, options, sentence):
    spawner = project(secrets=(secret("s3"), secret("staff", STUDENTS), secret("jupyterhub")))
    spawner.user_options = options
    with pytest.raises(SpawnRefused) as refusal:
        await spawner.load_user_options()
    assert refusal.value.jupyterhub_message == sentence
    assert len((await manifest(spawner))["spec"]["containers"][0]["envFrom"]) == 1  # the user's own secret


async def test_an_old_connection_is_refused_also_if_the_hub_has_no_menu_any_more(project):
    spawner = project()
    spawner.user_options = {"profile": "gone:1", "connections": ["s3"]}
    with pytest.raises(SpawnRefused, match='the connection "s3"'):
        await spawner.load_user_options()


async def test_shared_data_can_be_turned_off(project):
    spawner = project((claim(),), (secret(),))
    spawner.shared_data = False
    pod = await manifest(spawner)
    assert mounts(pod) == [(HOME, False)]
    assert "envFrom" not in pod["spec"]["containers"][0]
    assert await spawner.get_options_form() == ""
    spawner.user_options = {"connections": ["s3"]}
    with pytest.raises(SpawnRefused):
        await spawner.load_user_options()
