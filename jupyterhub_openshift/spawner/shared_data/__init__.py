"""Data that the project offers its users by label: shared volumes, connections, and a secret of each user.

| object | gets to | as |
|---|---|---|
| claim labelled `hub.jupyter.org/shared-volume=true` | every server of its groups | folder `shared/NAME` |
| secret labelled `hub.jupyter.org/connection=true` | servers that choose it | environment (`envFrom`) |
| secret `APPLICATION_NAME-user-USER` | that user's servers | environment (`envFrom`, optional) |

The objects are listed at each start and whenever the spawn page opens, so that a label takes effect without
a restart. Of secrets the hub asks for the metadata only: their values never enter the hub. An object that
cannot be used is left out; the hub's log and the preflight say why.
"""
