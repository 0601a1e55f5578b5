"""Training as a job of a cluster: how it is submitted, watched and stopped. The script is the local one."""
