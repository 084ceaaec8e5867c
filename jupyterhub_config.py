"""JupyterHub for OpenShift: what is configured, in the order in which it is.

Your own settings go into files of their own, which are loaded on top: `jupyterhub_config.py` in the
repository of your hub image, or the config map `jupyterhub-cfg`.
See `jupyterhub_openshift/config_files/loader.py`.
"""

from jupyterhub_openshift import configure
from jupyterhub_openshift.cluster.api import find_cluster
from jupyterhub_openshift.cluster.owner_references import adopt
from jupyterhub_openshift.cluster.project import read_project
from jupyterhub_openshift.config_files.loader import load_config_files
from jupyterhub_openshift.logs import start_log
from jupyterhub_openshift.read_transactions import end_read_transactions
from jupyterhub_openshift.setting_conflicts import refuse_conflicts
from jupyterhub_openshift.settings.environment import read_settings

start_log()  # as text or JSON
c = get_config()
settings = read_settings()  # the environment
cluster = find_cluster()  # the API, through our service account
project = read_project(cluster)  # namespace, UID range, login server

configure.configure_logs(c, settings, project)
configure.configure_hub(c, settings, project)
configure.configure_database(c, settings, project)
configure.configure_proxy(c, settings, project)
configure.configure_login(c, settings, project)
configure.configure_notebooks(c, settings, project)
configure.configure_security(c, settings, project)
configure.configure_limits(c, settings, project)
configure.configure_storage(c, settings, project)

load_config_files(c, building=cluster is None)  # your own files

configure.configure_admins(c, settings, project)  # beside your roles and services, and by your login
configure.configure_culling(c, settings, project)
configure.configure_metrics(c, settings, project)
configure.configure_pages(c, settings, project)  # beneath your templates
refuse_conflicts(c, settings, project)
end_read_transactions()  # so that a restart of the database goes unnoticed
adopt(cluster, settings.application_name)  # so that `oc delete all,pvc` leaves nothing
