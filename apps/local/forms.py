from apps.common.forms import OptionForm
from apps.local.models import WebUICertificate, WebUISocket


class WebUISocketForm(OptionForm):
    class Meta:
        model = WebUISocket
        fields = ["address", "port"]


class WebUICertificateForm(OptionForm):
    class Meta:
        model = WebUICertificate
        fields = ["certificate"]
