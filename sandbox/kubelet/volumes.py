"""A pod's volumes as directories of the host; claims outlive the pod."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from sandbox.admission.pods import SERVICE_ACCOUNT_DIRECTORY
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import Store
from sandbox.containers.container import Mount, is_root
from sandbox.containers.image_store import remove_tree
from sandbox.kubelet.environment import data, field_value, resource_value

ACCOUNT_VOLUME = "kube-api-access"
DEFAULT_MODE = 0o644
TOKEN_SECONDS = 3607

IssueToken = Callable[[str, int, "list[str] | None", "Obj | None"], str]


class MountError(Exception):
    """A volume cannot be had yet; the kubelet's event is FailedMount."""


class Volumes:
    """The volumes of one pod."""

    def __init__(
        self, pod: Obj, directory: Path, claims: Path, store: Store, *, issue: IssueToken, ca: str
    ) -> None:
        self.pod = pod
        self.directory = directory
        self.claims = claims
        self.store = store
        self.issue = issue
        self.ca = ca
        self.group = int(pod["spec"].get("securityContext", {}).get("fsGroup", 0))
        self.volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", [])}
        if self._wants_account():
            self.volumes[ACCOUNT_VOLUME] = {"name": ACCOUNT_VOLUME, "projected": account_projection()}
        self.paths: dict[str, Path] = {}

    def set_up(self) -> None:
        """Make all of them; MountError for the first that is not there yet."""
        for name, volume in self.volumes.items():
            if name in self.paths:
                continue
            try:
                self.paths[name] = self._set_up(volume)
            except MountError as error:
                raise MountError(f'MountVolume.SetUp failed for volume "{name}" : {error}') from None

    def refresh(self) -> None:
        """Write service-account tokens anew, in place: they expire."""
        for name, volume in self.volumes.items():
            for source in volume.get("projected", {}).get("sources", []):
                if "serviceAccountToken" in source:
                    file = self.paths[name] / source["serviceAccountToken"]["path"]
                    file.write_bytes(self._token(source["serviceAccountToken"]))

    def mounts(self, container: Obj) -> list[Mount]:
        """The mounts of a container, made for it by name, sub-path and mode."""
        wanted = list(container.get("volumeMounts", []))
        if ACCOUNT_VOLUME in self.volumes and SERVICE_ACCOUNT_DIRECTORY not in {
            mount["mountPath"] for mount in wanted
        }:
            wanted.append({"name": ACCOUNT_VOLUME, "mountPath": SERVICE_ACCOUNT_DIRECTORY, "readOnly": True})
        return [self._mount(mount) for mount in wanted]

    def _mount(self, mount: Obj) -> Mount:
        volume = self.volumes[mount["name"]]
        source: Path = self.paths[mount["name"]]
        writable = "emptyDir" in volume or "persistentVolumeClaim" in volume
        claim_read_only = volume.get("persistentVolumeClaim", {}).get("readOnly", False)
        if sub_path := mount.get("subPath"):
            source = source / sub_path
            if writable and not source.exists():
                source.mkdir(parents=True)
                self._own(source, 0o2777)
        return Mount(
            source, mount["mountPath"], bool(mount.get("readOnly") or claim_read_only or not writable)
        )

    def _set_up(self, volume: Obj) -> Path:
        path: Path = self.directory / volume["name"]
        if "persistentVolumeClaim" in volume:
            path = self._claim(str(volume["persistentVolumeClaim"]["claimName"]))
        elif "emptyDir" in volume:
            path.mkdir(parents=True, exist_ok=True)
            self._own(path, 0o2777)
        else:
            files = self._files(volume)
            path.mkdir(parents=True, exist_ok=True)
            for name, (content, mode) in files.items():
                file = path / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
                self._own(file, mode | (mode & 0o400) >> 3)  # fsGroup may read, see SetVolumeOwnership
            self._own(path, 0o2755)
        return path

    def _files(self, volume: Obj) -> dict[str, tuple[bytes, int]]:
        if "projected" in volume:
            mode = volume["projected"].get("defaultMode", DEFAULT_MODE)
            files: dict[str, tuple[bytes, int]] = {}
            for source in volume["projected"].get("sources", []):
                files |= self._source(source, mode)
            return files
        kinds = ("configMap", "secret", "downwardAPI")
        kind = next((kind for kind in kinds if kind in volume), None)
        if kind is None:
            raise MountError(f"the sandbox has no volumes of the kind {', '.join(set(volume) - {'name'})}")
        return self._source({kind: volume[kind]}, volume[kind].get("defaultMode", DEFAULT_MODE))

    def _source(self, source: Obj, mode: int) -> dict[str, tuple[bytes, int]]:
        if "serviceAccountToken" in source:
            token = source["serviceAccountToken"]
            return {token["path"]: (self._token(token), mode)}
        if "downwardAPI" in source:
            return {
                item["path"]: (self._downward(item), item.get("mode", mode))
                for item in source["downwardAPI"]["items"]
            }
        if "secret" in source:
            name = source["secret"].get("secretName") or source["secret"].get("name")
            return self._keys("secrets", name, source["secret"], mode)
        return self._keys("configmaps", source["configMap"]["name"], source["configMap"], mode)

    def _keys(self, resource: str, name: str, source: Obj, mode: int) -> dict[str, tuple[bytes, int]]:
        found = self.store.find(resource, name)
        if found is None and name == "kube-root-ca.crt":
            found = {"kind": "ConfigMap", "data": {"ca.crt": self.ca}}
        if found is None:
            if source.get("optional"):
                return {}
            raise MountError(f'{resource[:-1]} "{name}" not found')
        values = data(found)
        if "items" not in source:
            return {key: (value, mode) for key, value in values.items()}
        missing = [item["key"] for item in source["items"] if item["key"] not in values]
        if missing and not source.get("optional"):
            raise MountError(f"references non-existent {resource[:-1]} key: {missing[0]}")
        return {
            item["path"]: (values[item["key"]], item.get("mode", mode))
            for item in source["items"]
            if item["key"] in values
        }

    def _downward(self, item: Obj) -> bytes:
        if "fieldRef" in item:
            return field_value(self.pod, item["fieldRef"]["fieldPath"]).encode()
        reference = item["resourceFieldRef"]
        containers = self.pod["spec"]["containers"] + self.pod["spec"].get("initContainers", [])
        container = next(one for one in containers if one["name"] == reference["containerName"])
        return resource_value(container, reference).encode()

    def _token(self, source: Obj) -> bytes:
        audiences = [source["audience"]] if source.get("audience") else None
        seconds = int(source.get("expirationSeconds", TOKEN_SECONDS))
        account = self.pod["spec"].get("serviceAccountName") or "default"
        return self.issue(account, seconds, audiences, self.pod).encode()

    def _claim(self, name: str) -> Path:
        claim = self.store.find("persistentvolumeclaims", name)
        if claim is None:
            raise MountError(f'persistentvolumeclaim "{name}" not found')
        path: Path = self.claims / claim["metadata"]["uid"]
        if not path.exists():
            path.mkdir(parents=True)
            self._own(path, 0o2777)
        return path

    def _own(self, path: Path, mode: int) -> None:
        if is_root():
            os.chown(path, 0, self.group)
        path.chmod(mode)

    def _wants_account(self) -> bool:
        spec = self.pod["spec"]
        account = self.store.find("serviceaccounts", spec.get("serviceAccountName") or "default") or {}
        wanted = spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True))
        containers = spec["containers"] + spec.get("initContainers", [])
        there = any(
            mount["mountPath"] == SERVICE_ACCOUNT_DIRECTORY
            for one in containers
            for mount in one.get("volumeMounts", [])
        )
        return bool(account) and bool(wanted) and not there


def account_projection() -> Obj:
    """What admission mounts into a pod that may talk to the API."""
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    return {
        "defaultMode": DEFAULT_MODE,
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": TOKEN_SECONDS, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [namespace]}},
        ],
    }


def forget_claim(claims: Path, uid: str) -> None:
    """The claim was deleted: its data goes, as with the reclaim policy Delete."""
    remove_tree(claims / uid)
