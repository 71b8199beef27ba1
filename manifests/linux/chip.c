#include "xsmc.h"

#include <stdlib.h>

void isobar_end(xsMachine *the)
{
	exit(xsmcToInteger(xsArg(0)));
}
