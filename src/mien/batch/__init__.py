"""Analyzes many photos and videos in one job that can be stopped and resumed.

- `job`: runs a job, from its inputs to its last part file
- `inputs`, `sources`: list what the user names, on this machine and on remote storages
- `plan`: the items of a job, and how they become tasks
- `analysis`, `video_parts`: what a worker does with a task
- `pool`, `ray_pool`, `retries`: run tasks in processes of this machine or on a Ray cluster
- `stitching`: joins the results of a split video
- `writer`, `job_folder`: the files of a job
- `progress`, `estimate`: how much there is to do, and how long it takes
"""
