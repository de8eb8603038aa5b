"""What the official Python SDK, toffeepay-sdk 0.1.0, lacks as it is published.

Import this before `toffeepay`. It touches no file of the SDK:

- the SDK's generated code lies in `_gen`, where Python does not look for it;
- that code wants `buf.validate`'s field rules, which no package on PyPI brings;
- its interceptor, which adds the API key, has no `on_end`: connectrpc takes it for an interceptor
  of no kind, passes over it, and the key is never sent.
"""

import importlib.util
import sys
import types

from connectrpc.interceptor import MetadataInterceptor
from google.protobuf import descriptor_pb2, descriptor_pool

rules = descriptor_pb2.FileDescriptorProto(
    name="buf/validate/validate.proto", package="buf.validate"
)
descriptor_pool.Default().AddSerializedFile(rules.SerializeToString())
for name in ("buf", "buf.validate", "buf.validate.validate_pb2"):
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = []

(package,) = importlib.util.find_spec("toffeepay").submodule_search_locations
sys.path.insert(0, f"{package}/_gen")

from toffeepay import toffee  # noqa: E402

assert not hasattr(toffee._AuthInterceptor, "on_end"), "this SDK needs these fixes no more"
toffee._AuthInterceptor.on_end = MetadataInterceptor.on_end
