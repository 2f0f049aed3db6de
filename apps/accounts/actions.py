"""What is done to users beyond saving a form."""

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from apps.accounts.models import FIRST_USER, Group, User


def create_first_user(password: str) -> bool:
    """Make the first user when there is no user at all, and say whether that was so.

    A password that the rules refuse raises ValidationError; its messages are for the administrator.
    """
    with transaction.atomic():
        if User.objects.exists():
            return False
        validate_password(password, User(username=FIRST_USER))
        User.objects.create_user(FIRST_USER, password, Group.CONFIG)
    return True


def why_kept(user: User, asked_by: User) -> str:
    """Why this user cannot be deleted, or nothing."""
    if user.is_first:
        return f"{user} is the appliance's own user and cannot be deleted. Change its password instead."
    if user == asked_by:
        return "You cannot delete yourself. Ask another user in group config."
    return ""
