"""Forms of virtual services and real servers, made from the models' options."""

from apps.common.forms import OptionForm
from apps.common.options import options
from apps.services.models import RealServer, VirtualService


class AddVirtualService(OptionForm):
    class Meta:
        model = VirtualService
        fields = [option.name for option in options(VirtualService) if option.on_add]


class ModifyVirtualService(OptionForm):
    class Meta:
        model = VirtualService
        fields = [option.name for option in options(VirtualService)]


class RealServerForm(OptionForm):
    class Meta:
        model = RealServer
        fields = [option.name for option in options(RealServer)]
