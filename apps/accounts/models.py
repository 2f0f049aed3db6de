"""Users of the WebUI."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from apps.common.option_kinds import ChoiceOption, TextOption

FIRST_USER = "loadbalancer"


class Group(models.TextChoices):
    """What a user may do. Each group may do all that the ones before it may."""

    REPORT = "report", "report"
    MAINT = "maint", "maint"
    CONFIG = "config", "config"

    def may(self, needed: "Group") -> bool:
        order = list(Group)
        return order.index(self) >= order.index(needed)


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str, group: Group) -> "User":
        user = self.model(username=username, group=group)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):
    """A person or a script that logs in."""

    username = TextOption(
        "Username",
        section="User",
        on_add=True,
        max_length=32,
        unique=True,
        validators=[
            RegexValidator(r"\A[A-Za-z0-9_][A-Za-z0-9_.@-]*\Z", "Use letters, digits and . _ - @ only, without blanks.")
        ],
        error_messages={"unique": "Another user has this name. Choose a different one."},
        help="The name to log in with.",
    )
    group = ChoiceOption(
        "Group",
        section="User",
        on_add=True,
        choices=Group,
        default=Group.REPORT,
        help="report views the overview, configuration, reports and logs. maint can also drain, halt, restart and "
        "back up. config can change everything, users included.",
    )

    USERNAME_FIELD = "username"
    objects = UserManager()

    class Meta:
        ordering = ["username"]
        verbose_name = "User"

    def __str__(self) -> str:
        return str(self.username)

    @property
    def is_first(self) -> bool:
        """The appliance's own user: always there, always in group config."""
        return str(self) == FIRST_USER

    def may(self, needed: Group) -> bool:
        return Group(self.group).may(needed)

    def clean(self) -> None:
        """Names that differ in capitals only would be taken for each other."""
        super().clean()
        twin = User.objects.filter(username__iexact=self.username).exclude(pk=self.pk).first()
        if twin and twin.username != self.username:
            raise ValidationError(
                {"username": f"There is a user {twin} already. Choose a name that differs in more than capitals."}
            )
