/* In the place of NVIDIA's driver library, libcuda.so.1: the functions with which a program that has
   not imported CuPy asks whether there is a GPU.  They answer from the state of driver.c, at once.

   Before this text, driver_library.py writes the table STATUSES(X) of X(number, name, text). */

#include <stddef.h>

enum { SUCCESS = 0, INVALID_VALUE = 1, NOT_INITIALIZED = 3, STUB_LIBRARY = 34 };     /* CUresult */

extern int emulation_device_count, emulation_driver_version, emulation_init_failure;

static int initialised;

/* The library that is linked to where there is no driver: each of its functions gives this. */
#define UNLESS_A_STUB if (emulation_init_failure == STUB_LIBRARY) return STUB_LIBRARY;

int cuInit(unsigned flags)
{
    if (emulation_init_failure) return emulation_init_failure;
    if (flags) return INVALID_VALUE;
    initialised = 1;
    return SUCCESS;
}

int cuDriverGetVersion(int *version)                         /* works before cuInit, too */
{
    UNLESS_A_STUB
    if (!version) return INVALID_VALUE;
    *version = emulation_driver_version;
    return SUCCESS;
}

int cuDeviceGetCount(int *count)
{
    UNLESS_A_STUB
    if (!initialised || emulation_init_failure) return NOT_INITIALIZED;
    if (!count) return INVALID_VALUE;
    *count = emulation_device_count;
    return SUCCESS;
}

static const struct status { int number; const char *name, *text; } statuses[] = {
#define ROW(number, name, text) {number, name, text},
    STATUSES(ROW)
};

static const struct status *find(int number)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].number == number) return &statuses[i];
    return NULL;
}

int cuGetErrorName(int number, const char **name)
{
    UNLESS_A_STUB
    if (!name) return INVALID_VALUE;
    const struct status *status = find(number);
    *name = status ? status->name : NULL;
    return status ? SUCCESS : INVALID_VALUE;
}

int cuGetErrorString(int number, const char **text)
{
    UNLESS_A_STUB
    if (!text) return INVALID_VALUE;
    const struct status *status = find(number);
    *text = status ? status->text : NULL;
    return status ? SUCCESS : INVALID_VALUE;
}
