"""`python -m deploy`: the command `leadstream`, where the script is not on the path."""

from deploy.cli import main

main()
