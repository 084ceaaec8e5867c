#!/bin/bash
# Start a terminal of JupyterLab: say what is kept when the server stops, then start the user's shell.
if grep -q " $HOME " /proc/self/mountinfo; then
    echo "Your home folder is on a volume: files and packages from 'pip install --user' stay."
    echo "Packages from 'pip install' without --user are deleted when the server stops."
else
    echo "This server has no volume: files and packages are deleted when it stops."
fi
# A login shell, as Jupyter Server starts it.
exec "${SHELL:-/bin/bash}" -l
