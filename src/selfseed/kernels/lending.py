"""Arrays lent to a loop: nobody counts who holds them, which for many small functions is most of their time."""

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload


def lent(arrays):
    """Return a named tuple whose arrays are not counted by those who read them; the lender must keep the tuple."""
    return arrays


@intrinsic
def _uncounted(typing, arrays):
    def generate(context, builder, signature, arguments):
        result = arguments[0]
        for place, kind in enumerate(signature.args[0].types):
            if isinstance(kind, types.Array):
                array = context.make_array(kind)(context, builder, builder.extract_value(result, place))
                array.meminfo = cgutils.get_null_value(array.meminfo.type)
                array.parent = cgutils.get_null_value(array.parent.type)
                result = builder.insert_value(result, array._getvalue(), place)
        return result

    return arrays(arrays), generate


@overload(lent)
def _lent(arrays):
    return lambda arrays: _uncounted(arrays)
