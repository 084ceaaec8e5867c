"""The keys of resources that several modules name: the plural with its group, as the store uses them."""

from __future__ import annotations

RBAC_GROUP = "rbac.authorization.k8s.io"
ROLES = f"roles.{RBAC_GROUP}"
ROLE_BINDINGS = f"rolebindings.{RBAC_GROUP}"
CLUSTER_ROLES = f"clusterroles.{RBAC_GROUP}"
CLUSTER_ROLE_BINDINGS = f"clusterrolebindings.{RBAC_GROUP}"

DEPLOYMENTS = "deployments.apps"
REPLICA_SETS = "replicasets.apps"
DISRUPTION_BUDGETS = "poddisruptionbudgets.policy"

BUILD_CONFIGS = "buildconfigs.build.openshift.io"
BUILDS = "builds.build.openshift.io"
DEPLOYMENT_CONFIGS = "deploymentconfigs.apps.openshift.io"
IMAGE_STREAM_IMAGES = "imagestreamimages.image.openshift.io"
IMAGE_STREAM_TAGS = "imagestreamtags.image.openshift.io"
IMAGE_STREAMS = "imagestreams.image.openshift.io"
IMAGES = "images.image.openshift.io"
PROJECTS = "projects.project.openshift.io"
ROUTES = "routes.route.openshift.io"
USERS = "users.user.openshift.io"
