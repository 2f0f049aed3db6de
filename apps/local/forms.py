from apps.common.forms import OptionForm
from apps.local.models import WebUISocket


class WebUISocketForm(OptionForm):
    class Meta:
        model = WebUISocket
        fields = ["address", "port"]
