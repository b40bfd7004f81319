"""A backup to be downloaded, for admins."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from app.errors import Refused
from app.exports import backup_file
from app.web.admin import shown
from app.web.admin_users import actor_of, faults_of
from app.web.page import Here

router = APIRouter(include_in_schema=False)


@router.post("/admin/backup", name="download_backup")
def download_backup(page: Here) -> Response:
    """Make a backup and send it; where there can be none, say why instead."""
    try:
        made = backup_file.prepare(page.office, actor_of(page))
    except Refused as error:
        return shown(page, status=422, faults=faults_of(page, error))
    return StreamingResponse(made.chunks(), media_type=backup_file.MEDIA_TYPE, headers=made.headers)
