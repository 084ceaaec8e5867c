"""The storage of each resource, as `k8s.io/kubernetes/pkg/registry/*/rest/storage_*.go`.

A resource that is not listed uses `registry.api.Stored`.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.apimachinery.resource_keys import IMAGE_STREAM_IMAGES, IMAGE_STREAM_TAGS, PROJECTS, USERS
from sandbox.apimachinery.resources import BY_PATH, Resource
from sandbox.apiserver.logs import BuildLogs, DeploymentLogs, LogFile, PodLogs
from sandbox.apiserver.streaming.port_forward import PortForward
from sandbox.apiserver.streaming.remote_command import Attach, Exec, RunningContainer
from sandbox.authorization.users import Tokens
from sandbox.registry import access_reviews, openshift_reviews, projects, token_reviews
from sandbox.registry.api import Api, Stored
from sandbox.registry.image_stream_images import ImageStreamImages
from sandbox.registry.image_stream_imports import ImageStreamImports
from sandbox.registry.image_stream_tags import ImageStreamTags
from sandbox.registry.rest import Storage
from sandbox.registry.subresources import Evictions, Scales, Statuses, TokenRequests
from sandbox.registry.templates import ProcessedTemplates
from sandbox.registry.users import Users

Storages = dict[str, Storage]
"""By `Resource.path`."""

KUBERNETES = "authorization.k8s.io"
OPENSHIFT = "authorization.openshift.io"


def storages(
    api: Api, tokens: Tokens, log_file: LogFile, running: RunningContainer, others: Mapping[str, Storage]
) -> Storages:
    """Return a storage for each resource and subresource that is served."""
    pod_logs = PodLogs(api.store, log_file)
    special: Storages = {
        "namespaces": projects.Namespaces(api, "namespaces"),
        "pods/eviction": Evictions(api),
        "pods/log": pod_logs,
        "pods/exec": Exec(api.store, running),
        "pods/attach": Attach(api.store, running, log_file),
        "pods/portforward": PortForward(api.store),
        "serviceaccounts/token": TokenRequests(api, tokens),
        "selfsubjectreviews.authentication.k8s.io": token_reviews.SelfSubjectReviews(),
        "tokenreviews.authentication.k8s.io": token_reviews.TokenReviews(tokens),
        f"selfsubjectaccessreviews.{KUBERNETES}": access_reviews.SelfSubjectAccessReviews(api.rbac),
        f"subjectaccessreviews.{KUBERNETES}": access_reviews.SubjectAccessReviews(api.rbac, local=False),
        f"localsubjectaccessreviews.{KUBERNETES}": access_reviews.SubjectAccessReviews(api.rbac, local=True),
        f"selfsubjectrulesreviews.{KUBERNETES}": access_reviews.SelfSubjectRulesReviews(api.rbac),
        f"subjectaccessreviews.{OPENSHIFT}": openshift_reviews.SubjectAccessReviews(api.rbac, local=False),
        f"localsubjectaccessreviews.{OPENSHIFT}": openshift_reviews.SubjectAccessReviews(
            api.rbac, local=True
        ),
        f"resourceaccessreviews.{OPENSHIFT}": openshift_reviews.ResourceAccessReviews(api.rbac),
        f"localresourceaccessreviews.{OPENSHIFT}": openshift_reviews.ResourceAccessReviews(api.rbac),
        f"selfsubjectrulesreviews.{OPENSHIFT}": openshift_reviews.SelfSubjectRulesReviews(api.rbac),
        "builds/log.build.openshift.io": BuildLogs(api.store, pod_logs),
        "deploymentconfigs/log.apps.openshift.io": DeploymentLogs(api.store, pod_logs),
        IMAGE_STREAM_IMAGES: ImageStreamImages(api.store),
        "imagestreamimports.image.openshift.io": ImageStreamImports(api),
        IMAGE_STREAM_TAGS: ImageStreamTags(api),
        "processedtemplates.template.openshift.io": ProcessedTemplates(),
        "projectrequests.project.openshift.io": projects.ProjectRequests(),
        PROJECTS: projects.Projects(api),
        USERS: Users(api, USERS),
        **others,
    }
    usual = {resource.path: _usual(api, resource) for resource in BY_PATH.values()}
    return {path: storage for path, storage in (usual | special).items() if storage}


def _usual(api: Api, resource: Resource) -> Storage | None:
    _, _, subresource = resource.name.partition("/")
    if subresource == "status":
        return Statuses(api, resource.key)
    if subresource == "scale":
        return Scales(api, resource.key, resource.options["as"])
    return None if subresource else Stored(api, resource.key)
