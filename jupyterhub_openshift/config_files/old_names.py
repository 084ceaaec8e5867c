"""Names of earlier versions and of the first quickstart, each with its successor.

| table | what happens to the old name |
|---|---|
| `WORKING` | JupyterHub still accepts it: the hub warns and starts |
| `SHADOWED` | KubeSpawner accepts it only while the new name is unset: an error if this hub sets that |
| `WITHOUT_EFFECT` | JupyterHub ignores it, mostly in silence: an error |
| `REMOVED_CLASSES`, `REMOVED_VARIABLES`, `REMOVED_FILES` | only the first quickstart had it: an error |

`tests/hub/config_files/test_old_names.py` compares the tables with the installed packages.
"""

WORKING = {
    "Authenticator.whitelist": "Authenticator.allowed_users",
    "BitbucketOAuthenticator.team_whitelist": "BitbucketOAuthenticator.allowed_teams",
    "CILogonOAuthenticator.allowed_idps": "CILogonOAuthenticator.idps",
    "DummyAuthenticator.password": "SharedPasswordAuthenticator.user_password",
    "GenericOAuthenticator.claim_groups_key": "OAuthenticator.auth_state_groups_key",
    "GenericOAuthenticator.extra_params": "OAuthenticator.token_params",
    "GenericOAuthenticator.username_key": "OAuthenticator.username_claim",
    "GitHubOAuthenticator.github_client_id": "OAuthenticator.client_id",
    "GitHubOAuthenticator.github_client_secret": "OAuthenticator.client_secret",
    "GitHubOAuthenticator.github_organization_whitelist": "GitHubOAuthenticator.allowed_organizations",
    "GitLabOAuthenticator.gitlab_group_whitelist": "GitLabOAuthenticator.allowed_gitlab_groups",
    "GitLabOAuthenticator.gitlab_project_id_whitelist": "GitLabOAuthenticator.allowed_project_ids",
    "GoogleOAuthenticator.google_group_whitelist": "GoogleOAuthenticator.allowed_google_groups",
    "Auth0OAuthenticator.username_key": "OAuthenticator.username_claim",
    "AzureAdOAuthenticator.user_groups_claim": "OAuthenticator.auth_state_groups_key",
    "JupyterHub.admin_users": "Authenticator.admin_users",
    "JupyterHub.api_tokens": "JupyterHub.services",
    "JupyterHub.debug_proxy": "ConfigurableHTTPProxy.debug",
    "JupyterHub.extra_handlers": "JupyterHub.services",
    "JupyterHub.proxy_api_ip": "ConfigurableHTTPProxy.api_url",
    "JupyterHub.proxy_api_port": "ConfigurableHTTPProxy.api_url",
    "JupyterHub.proxy_auth_token": "ConfigurableHTTPProxy.auth_token",
    "JupyterHub.proxy_check_interval": "ConfigurableHTTPProxy.check_running_interval",
    "JupyterHub.proxy_cmd": "ConfigurableHTTPProxy.command",
    "Spawner.oauth_roles": "Spawner.oauth_client_allowed_scopes",
}

SHADOWED = {
    "KubeSpawner.image_spec": "KubeSpawner.image",
    "KubeSpawner.singleuser_extra_annotations": "KubeSpawner.extra_annotations",
    "KubeSpawner.singleuser_extra_container_config": "KubeSpawner.extra_container_config",
    "KubeSpawner.singleuser_extra_containers": "KubeSpawner.extra_containers",
    "KubeSpawner.singleuser_extra_labels": "KubeSpawner.extra_labels",
    "KubeSpawner.singleuser_extra_pod_config": "KubeSpawner.extra_pod_config",
    "KubeSpawner.singleuser_fs_gid": "KubeSpawner.fs_gid",
    "KubeSpawner.singleuser_image_pull_policy": "KubeSpawner.image_pull_policy",
    "KubeSpawner.singleuser_image_pull_secrets": "KubeSpawner.image_pull_secrets",
    "KubeSpawner.singleuser_init_containers": "KubeSpawner.init_containers",
    "KubeSpawner.singleuser_node_selector": "KubeSpawner.node_selector",
    "KubeSpawner.singleuser_privileged": "KubeSpawner.privileged",
    "KubeSpawner.singleuser_service_account": "KubeSpawner.service_account",
    "KubeSpawner.singleuser_supplemental_gids": "KubeSpawner.supplemental_gids",
    "KubeSpawner.singleuser_uid": "KubeSpawner.uid",
    "KubeSpawner.singleuser_working_dir": "KubeSpawner.working_dir",
    "KubeSpawner.user_storage_access_modes": "KubeSpawner.storage_access_modes",
    "KubeSpawner.user_storage_capacity": "KubeSpawner.storage_capacity",
    "KubeSpawner.user_storage_class": "KubeSpawner.storage_class",
    "KubeSpawner.user_storage_extra_labels": "KubeSpawner.storage_extra_labels",
    "KubeSpawner.user_storage_pvc_ensure": "KubeSpawner.storage_pvc_ensure",
}

METRICS = "Remove it: Prometheus reads /hub/metrics, see JUPYTERHUB_METRICS_TOKEN."
WITHOUT_EFFECT = {
    "Authenticator.blacklist": "Authenticator.blocked_users",
    "CILogonOAuthenticator.additional_username_claims": "CILogonOAuthenticator.idps",
    "CILogonOAuthenticator.idp": "CILogonOAuthenticator.idps",
    "CILogonOAuthenticator.idp_whitelist": "CILogonOAuthenticator.idps",
    "CILogonOAuthenticator.shown_idps": "CILogonOAuthenticator.idps",
    "CILogonOAuthenticator.strip_idp_domain": "CILogonOAuthenticator.idps",
    "CILogonOAuthenticator.username_claim": "CILogonOAuthenticator.idps",
    "GenericOAuthenticator.tls_verify": "OAuthenticator.validate_server_cert",
    "GenericOAuthenticator.userdata_method": "Remove it: the request to the provider is always a GET.",
    "GoogleOAuthenticator.user_info_url": "OAuthenticator.userdata_url",
    "JupyterHub.admin_access": "Remove it: users share their servers with admins.",
    "JupyterHub.confirm_no_ssl": "Remove it: the route is encrypted.",
    "JupyterHub.hub_connect_ip": "JupyterHub.hub_connect_url",
    "JupyterHub.hub_connect_port": "JupyterHub.hub_connect_url",
    "JupyterHub.hub_ip": "JupyterHub.hub_bind_url",
    "JupyterHub.hub_port": "JupyterHub.hub_bind_url",
    "JupyterHub.hub_prefix": "JupyterHub.base_url",
    "JupyterHub.statsd_host": METRICS,
    "JupyterHub.statsd_port": METRICS,
    "JupyterHub.statsd_prefix": METRICS,
    "KubeSpawner.hub_connect_ip": "JupyterHub.hub_connect_url",
    "KubeSpawner.hub_connect_port": "JupyterHub.hub_connect_url",
    "KubeSpawner.k8s_api_threadpool_workers": "Remove it: there is no thread pool.",
    "KubeSpawner.singleuser_allow_privilege_escalation": "KubeSpawner.allow_privilege_escalation",
    "KubeSpawner.singleuser_image_spec": "KubeSpawner.image",
    "KubeSpawner.singleuser_lifecycle_hooks": "KubeSpawner.lifecycle_hooks",
    "LocalAuthenticator.group_whitelist": "LocalAuthenticator.allowed_groups",
    "OpenShiftOAuthenticator.ca_certs": "Remove it: the cluster's certificates are trusted.",
    "OpenShiftOAuthenticator.validate_cert": "Remove it: certificates are always verified.",
}

# Classes of packages that were part of the first quickstart's image.
REMOVED_CLASSES = {
    "LDAPAuthenticator": "jupyterhub-ldapauthenticator",
    "ProfilesSpawner": "wrapspawner",
    "WrapSpawner": "wrapspawner",
}

# The first quickstart ran the user's files in the namespace of its own configuration.
REMOVED_VARIABLES = {
    "application_name": 'Write os.environ["APPLICATION_NAME"] instead.',
    "namespace": "Write c.KubeSpawner.namespace instead.",
    "public_hostname": "Set OAUTH_CALLBACK_URL in the hub's secret instead: see docs/login.md.",
    "resolve_image_name": "Remove it: c.KubeSpawner.image takes the tag of an image stream.",
}

# Relative to /opt/app-root.
REMOVED_FILES = {
    "src/.jupyter/jupyterhub_config.py": "Move it to jupyterhub_config.py, at the root of the repository.",
    "src/.jupyter/jupyterhub_config.sh": "Put its variables into the hub's secret with oc set data.",
    "configs/jupyterhub_config.sh": "Put its variables into the hub's secret with oc set data.",
    "configs/admin_users.txt": "Put JUPYTERHUB_ADMIN_USERS into the hub's secret with oc set data.",
    "configs/user_whitelist.txt": "Put JUPYTERHUB_ALLOWED_USERS into the hub's secret with oc set data.",
}
