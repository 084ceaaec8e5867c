"""The configuration of JupyterHub for OpenShift, in the order in which it takes effect.

Your own settings go into files that are loaded on top of it: `jupyterhub_config.py` in the repository of your
hub image, or the config map `jupyterhub-cfg`. See `jupyterhub_openshift/config_files/loader.py`.
"""

from jupyterhub_openshift import configure
from jupyterhub_openshift.base_url import answer_outside_base_url
from jupyterhub_openshift.config_files.loader import load_config_files
from jupyterhub_openshift.database import prepare_database_use
from jupyterhub_openshift.errors import log_version
from jupyterhub_openshift.inputs import read_inputs
from jupyterhub_openshift.logs import start_log
from jupyterhub_openshift.preflight.page import add_preflight_to_admin_page
from jupyterhub_openshift.running_servers import answer_before_servers_are_loaded
from jupyterhub_openshift.setting_conflicts import refuse_conflicts

start_log()  # as text or JSON
log_version()
c = get_config()
# The environment; the API, as our service account; the project's UID range and login server.
settings, cluster, project = inputs = read_inputs()

configure.configure_logs(c, settings, project)
configure.configure_hub(c, settings, project)
configure.configure_database(c, settings, project)
configure.configure_proxy(c, settings, project)
configure.configure_login(c, settings, project)
configure.configure_notebooks(c, settings, project)
configure.configure_security(c, settings, project)
configure.configure_limits(c, settings, project)
configure.configure_storage(c, settings, project)

load_config_files(c, settings, building=cluster is None)  # your own files

configure.configure_spawner(c, settings, project)
configure.configure_admins(c, settings, project)  # these add to your roles and services
configure.configure_logout(c, settings, project)
configure.configure_queue(c, settings, project)
configure.configure_culling(c, settings, project)
configure.configure_metrics(c, settings, project)
configure.configure_links(c, settings, project)  # your hook takes precedence
configure.configure_cookies(c, settings, project)
configure.configure_pages(c, settings, project)  # your templates take precedence
refuse_conflicts(c, settings, project)
add_preflight_to_admin_page(c, inputs)
answer_outside_base_url()  # for the probes and the proxy, which know no base URL
answer_before_servers_are_loaded()  # after a restart
prepare_database_use()  # fewer statements, and a page instead of an error during an outage
