"""JupyterHub for OpenShift: what is configured, in the order in which it is.

Your own settings go into files of their own, which are loaded on top (see `jupyterhub_openshift/layers.py`):
`jupyterhub_config.py` in the repository of your hub image, or the config map `jupyterhub-cfg`.
"""

from jupyterhub_openshift import configure
from jupyterhub_openshift.cluster import find_cluster
from jupyterhub_openshift.contradictions import refuse_contradictions
from jupyterhub_openshift.database import end_reading_transactions
from jupyterhub_openshift.layers import load_layers
from jupyterhub_openshift.logs import start_log
from jupyterhub_openshift.ownership import adopt
from jupyterhub_openshift.project import read_project
from jupyterhub_openshift.settings import read_settings

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

load_layers(c, building=cluster is None)  # your own files

configure.configure_admins(c, settings, project)  # beside your roles and services, and by your login
configure.configure_culling(c, settings, project)
configure.configure_metrics(c, settings, project)
configure.configure_pages(c, settings, project)  # beneath your templates
refuse_contradictions(c, settings, project)
end_reading_transactions()  # so that a restart of the database goes unnoticed
adopt(cluster, settings.application_name)  # so that `oc delete all,pvc` leaves nothing
