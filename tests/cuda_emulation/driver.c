/* A CUDA runtime and driver that work on host memory.

   One file, though long: it is one shared library, whose parts share the tables below.

   Each function cuda_NAME replaces the Cython function NAME of
   cupy_backends.cuda.api.runtime or .driver and has its C signature; the last
   argument, `skip`, is Cython's own.  They are called with the GIL held, so
   nothing here needs a lock.  An error is a Python exception, as in Cython. */

#define PY_SSIZE_T_CLEAN
#define _GNU_SOURCE
#include <Python.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

enum { MAX_DEVICES = 8, MAX_THREADS = 1024, MAX_SHARED = 99 * 1024, STACK = 64 * 1024 };
enum { INVALID_VALUE = 1, OUT_OF_MEMORY = 2, INVALID_DEVICE = 101, INVALID_HANDLE = 400,
       NOT_FOUND = 500, ILLEGAL_ADDRESS = 700 };             /* CUDA's status numbers */
enum { RUNTIME, DRIVER };                                    /* whose exception class */
enum { HOST = 1, DEVICE = 2, MANAGED = 3 };                  /* cudaMemoryType */

/* ---- settings and counters, read and written by Python ---- */

int emulation_device_count = 1;
int emulation_failure = 0;             /* a CUDA status that every call then reports */
int emulation_init_failure = 0;        /* the status that cuInit gives (libcuda.c) */
int emulation_driver_version = 13020;
size_t emulation_memory_limit = (size_t)4 << 30;             /* bytes for each device */
size_t emulation_current[MAX_DEVICES], emulation_peak[MAX_DEVICES];

enum { LAUNCHES, SYNCHRONISATIONS, ALLOCATIONS, H2D, H2D_BYTES, D2H, D2H_BYTES,
       D2D, D2D_BYTES, PEER, PEER_BYTES, COUNTERS };
long long emulation_counters[COUNTERS];

static PyObject *make_error, *make_attributes, *make_properties, *launch_log;
void emulation_set_hooks(PyObject *error, PyObject *attributes, PyObject *properties, PyObject *log)
{
    Py_INCREF(error); Py_INCREF(attributes); Py_INCREF(properties); Py_INCREF(log);
    make_error = error; make_attributes = attributes; make_properties = properties; launch_log = log;
}

/* An empty text stands for CUDA's own. */
static PyObject *fail(int api, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    PyObject *text = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    PyObject *error = text ? PyObject_CallFunction(make_error, "iiN", api, status, text) : NULL;
    if (error) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
        Py_DECREF(error);
    }
    return NULL;
}

/* For the functions that are not here: fits every signature that returns a pointer. */
void *emulation_not_emulated(void)
{
    PyErr_SetString(PyExc_NotImplementedError, "this CUDA call is not emulated");
    return NULL;
}

/* First line of every function that needs a working device. */
#define NEEDS_DEVICE(otherwise) \
    if (emulation_failure) { fail(RUNTIME, emulation_failure, ""); return otherwise; }
#define DONE Py_RETURN_NONE

/* ---- devices ---- */

static __thread int current;

static int known_device(int device)
{
    if (device >= 0 && device < emulation_device_count) return 1;
    fail(RUNTIME, INVALID_DEVICE, "device %d of %d", device, emulation_device_count);
    return 0;
}

int cuda_driverGetVersion(int skip) { return emulation_driver_version; }
int cuda_runtimeGetVersion(int skip) { return 13020; }
int cuda__getCUDAMajorVersion(int skip) { return 13; }
int cuda_getDeviceCount(int skip) { NEEDS_DEVICE(-1) return emulation_device_count; }
int cuda_getDevice(int skip) { NEEDS_DEVICE(-1) return current; }
int cuda_ctxGetDevice(int skip) { NEEDS_DEVICE(-1) return current; }
intptr_t cuda_ctxGetCurrent(int skip) { NEEDS_DEVICE(0) return current + 1; }
PyObject *cuda__ensure_context(void) { NEEDS_DEVICE(NULL) DONE; }
PyObject *cuda_ctxSetCurrent(intptr_t context, int skip) { NEEDS_DEVICE(NULL) current = (int)context - 1; DONE; }

PyObject *cuda_setDevice(int device, int skip)
{
    NEEDS_DEVICE(NULL)
    if (!known_device(device)) return NULL;
    current = device;
    DONE;
}

PyObject *cuda_deviceSynchronize(int skip) { NEEDS_DEVICE(NULL) emulation_counters[SYNCHRONISATIONS]++; DONE; }
int cuda_deviceCanAccessPeer(int device, int peer, int skip) { NEEDS_DEVICE(-1) return 0; }
PyObject *cuda_deviceGetPCIBusId(int device, int skip) { NEEDS_DEVICE(NULL) return PyUnicode_FromFormat("0000:0%d:00.0", device + 1); }

PyObject *cuda_getDeviceProperties(int device, int skip)
{
    NEEDS_DEVICE(NULL)
    return known_device(device) ? PyObject_CallFunction(make_properties, "i", device) : NULL;
}

int cuda_deviceGetAttribute(int attribute, int device, int skip)
{
    NEEDS_DEVICE(-1)
    if (!known_device(device)) return -1;
    switch (attribute) {                                     /* cudaDeviceAttr */
    case 1: case 2: case 3: return MAX_THREADS;              /* threads in a block, x, y */
    case 4: return 64;                                       /* block z */
    case 5: return INT32_MAX;                                /* grid x */
    case 6: case 7: return 65535;                            /* grid y, z */
    case 8: return 48 * 1024;                                /* shared memory of a block */
    case 10: return 32;                                      /* warp size */
    case 16: return 4;                                       /* multiprocessors */
    case 39: return 2048;                                    /* threads on one of them */
    case 75: return 8;                                       /* compute capability 8.0 */
    case 76: return 0;
    case 97: return MAX_SHARED;                              /* shared memory, opted in */
    }
    fail(RUNTIME, INVALID_VALUE, "device attribute %d is not emulated", attribute);
    return -1;
}

/* ---- memory: every block is known, sorted by address ---- */

/* The order of work: what was given to which stream of which device, and which event it is about. */
enum { RECORD, WAIT, COPY, LAUNCH, SYNCHRONISE };
#define MAX_ORDERS 65536
struct order { long long what, device, stream, event; } emulation_orders[MAX_ORDERS];
long long emulation_order_count;

static void given(int what, intptr_t stream, intptr_t event)
{
    emulation_orders[emulation_order_count++ % MAX_ORDERS] = (struct order){what, current, stream, event};
}

struct block { uintptr_t start; size_t size; int device, kind; };
static struct block *blocks;
static int block_count, block_capacity;

/* Index of the first block that starts after the address. */
static int after(uintptr_t address)
{
    int low = 0, high = block_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (blocks[middle].start <= address) low = middle + 1; else high = middle;
    }
    return low;
}

static struct block *find(uintptr_t address)
{
    int i = after(address) - 1;
    return i >= 0 && address < blocks[i].start + blocks[i].size ? &blocks[i] : NULL;
}

static void remember(uintptr_t start, size_t size, int kind)
{
    if (block_count == block_capacity)
        blocks = realloc(blocks, (block_capacity = 2 * block_capacity + 64) * sizeof *blocks);
    int i = after(start);
    memmove(blocks + i + 1, blocks + i, (block_count++ - i) * sizeof *blocks);
    blocks[i] = (struct block){start, size, current, kind};
}

static intptr_t allocate(size_t size, int kind)
{
    NEEDS_DEVICE(0)
    void *start = NULL;
    size_t *used = &emulation_current[current];
    if (size == 0) size = 1;
    if ((kind != HOST && *used + size > emulation_memory_limit) || posix_memalign(&start, 512, size)) {
        fail(RUNTIME, OUT_OF_MEMORY, "%zu bytes asked, %zu of %zu in use on device %d",
             size, *used, emulation_memory_limit, current);
        return 0;
    }
    memset(start, 0xA5, size);               /* so that reading it before writing shows */
    remember((uintptr_t)start, size, kind);
    emulation_counters[ALLOCATIONS]++;
    if (kind != HOST && (*used += size) > emulation_peak[current]) emulation_peak[current] = *used;
    return (intptr_t)start;
}

static PyObject *release(intptr_t start)
{
    if (start == 0) DONE;
    struct block *block = find((uintptr_t)start);
    if (!block || block->start != (uintptr_t)start)
        return fail(RUNTIME, INVALID_VALUE, "free of %p, which was not allocated", (void *)start);
    if (block->kind != HOST) emulation_current[block->device] -= block->size;
    memmove(block, block + 1, (blocks + --block_count - block) * sizeof *blocks);
    free((void *)start);
    DONE;
}

/* NULL when [address, address+size) is memory that the current device can use. */
static const char *misuse(intptr_t address, size_t size)
{
    struct block *block = find((uintptr_t)address);
    if (!block) return "is not memory of a device";
    if (block->kind == DEVICE && block->device != current) return "belongs to another device than the current one";
    if ((uintptr_t)address + size > block->start + block->size) return "is too short";
    return NULL;
}

PyObject *emulation_check(intptr_t address, size_t size)     /* for the libraries */
{
    const char *why = size ? misuse(address, size) : NULL;
    if (why) return fail(RUNTIME, ILLEGAL_ADDRESS, "memory at %p %s (device %d)", (void *)address, why, current);
    DONE;
}

intptr_t cuda_malloc(size_t size, int skip) { return allocate(size, DEVICE); }
intptr_t cuda_mallocAsync(size_t size, intptr_t stream, int skip) { return allocate(size, DEVICE); }
intptr_t cuda_mallocManaged(size_t size, int skip, void *options) { return allocate(size, MANAGED); }
intptr_t cuda_hostAlloc(size_t size, unsigned flags, int skip) { return allocate(size, HOST); }
PyObject *cuda_free(intptr_t start, int skip) { return release(start); }
PyObject *cuda_freeAsync(intptr_t start, intptr_t stream, int skip) { return release(start); }
PyObject *cuda_freeHost(intptr_t start, int skip) { return release(start); }

PyObject *cuda_memGetInfo(int skip)
{
    NEEDS_DEVICE(NULL)
    size_t used = emulation_current[current], total = emulation_memory_limit;
    return Py_BuildValue("(nn)", (Py_ssize_t)(used < total ? total - used : 0), (Py_ssize_t)total);
}

void *cuda_pointerGetAttributes(intptr_t address, int skip)
{
    NEEDS_DEVICE(NULL)
    struct block *block = find((uintptr_t)address);
    return PyObject_CallFunction(make_attributes, "inni", block ? block->device : -1, block ? (Py_ssize_t)address : 0,
                                 block && block->kind == DEVICE ? 0 : (Py_ssize_t)address, block ? block->kind : 0);
}

int cuda_pointerGetMemoryType(intptr_t address, int skip)
{
    struct block *block = find((uintptr_t)address);
    return block ? block->kind : 0;
}

/* ---- copies ---- */

static PyObject *copy(intptr_t to, intptr_t from, size_t size, int kind)
{
    NEEDS_DEVICE(NULL)
    if (size == 0) DONE;
    struct block *target = find((uintptr_t)to), *source = find((uintptr_t)from);
    if ((target && (uintptr_t)to + size > target->start + target->size) ||
        (source && (uintptr_t)from + size > source->start + source->size))
        return fail(RUNTIME, INVALID_VALUE, "a copy of %zu bytes runs past the end of a block", size);
    int to_device = target && target->kind != HOST, from_device = source && source->kind != HOST;
    int managed = (to_device && target->kind == MANAGED) || (from_device && source->kind == MANAGED);
    if (kind < 4 && !managed && kind != to_device + 2 * from_device)   /* 4: see the addresses */
        return fail(RUNTIME, INVALID_VALUE, "the direction of a copy (%d) does not fit its addresses", kind);
    int counter = !to_device && !from_device ? -1 : !from_device ? H2D : !to_device ? D2H :
                  target->device == source->device ? D2D : PEER;
    if (counter >= 0) {
        emulation_counters[counter]++;
        emulation_counters[counter + 1] += size;
    }
    memmove((void *)to, (void *)from, size);
    DONE;
}

PyObject *cuda_memcpy(intptr_t to, intptr_t from, size_t size, int kind, int skip) { return copy(to, from, size, kind); }
PyObject *cuda_memcpyAsync(intptr_t to, intptr_t from, size_t size, int kind, intptr_t stream, int skip) { given(COPY, stream, 0); return copy(to, from, size, kind); }
PyObject *cuda_memcpyPeer(intptr_t to, int d, intptr_t from, int s, size_t size, int skip) { return copy(to, from, size, 3); }
PyObject *cuda_memcpyPeerAsync(intptr_t to, int d, intptr_t from, int s, size_t size, intptr_t stream, int skip) { given(COPY, stream, 0); return copy(to, from, size, 3); }

static PyObject *fill(intptr_t to, int value, size_t size)
{
    NEEDS_DEVICE(NULL)
    const char *why = size ? misuse(to, size) : NULL;
    if (why) return fail(RUNTIME, INVALID_VALUE, "memset: memory at %p %s", (void *)to, why);
    memset((void *)to, value, size);
    DONE;
}

PyObject *cuda_memset(intptr_t to, int value, size_t size, int skip) { return fill(to, value, size); }
PyObject *cuda_memsetAsync(intptr_t to, int value, size_t size, intptr_t stream, int skip) { return fill(to, value, size); }

/* ---- streams and events: all work is done at once, in order ---- */

struct handle { int device; double time; };

static intptr_t new_handle(void)
{
    NEEDS_DEVICE(0)
    struct handle *handle = calloc(1, sizeof *handle);
    handle->device = current;
    return (intptr_t)handle;
}

static int on_current_device(intptr_t handle)      /* 0, 1, 2: the default streams */
{
    return handle <= 2 || ((struct handle *)handle)->device == current;
}

static PyObject *wait(void) { NEEDS_DEVICE(NULL) emulation_counters[SYNCHRONISATIONS]++; DONE; }

intptr_t cuda_streamCreate(int skip) { return new_handle(); }
intptr_t cuda_streamCreateWithFlags(unsigned flags, int skip) { return new_handle(); }
intptr_t cuda_streamCreateWithPriority(unsigned flags, int priority, int skip) { return new_handle(); }
PyObject *cuda_streamDestroy(intptr_t stream, int skip) { free((void *)stream); DONE; }
PyObject *cuda_streamSynchronize(intptr_t stream, int skip) { given(SYNCHRONISE, stream, 0); return wait(); }
PyObject *cuda_streamQuery(intptr_t stream, int skip) { return PyLong_FromLong(emulation_failure); }
PyObject *cuda_streamWaitEvent(intptr_t stream, intptr_t event, int skip, void *options) { NEEDS_DEVICE(NULL) given(WAIT, stream, event); DONE; }
int cuda_streamIsCapturing(intptr_t stream, int skip) { return 0; }
intptr_t cuda_eventCreate(int skip) { return new_handle(); }
intptr_t cuda_eventCreateWithFlags(unsigned flags, int skip) { return new_handle(); }
PyObject *cuda_eventDestroy(intptr_t event, int skip) { free((void *)event); DONE; }
PyObject *cuda_eventSynchronize(intptr_t event, int skip) { return wait(); }
PyObject *cuda_eventQuery(intptr_t event, int skip) { return PyLong_FromLong(emulation_failure); }

PyObject *cuda_eventRecord(intptr_t event, intptr_t stream, int skip)
{
    NEEDS_DEVICE(NULL)
    struct handle *handle = (struct handle *)event;
    if (!on_current_device(stream) || (stream <= 2 && handle->device != current))
        return fail(RUNTIME, INVALID_HANDLE, "an event and its stream belong to different devices");
    struct timespec now;
    given(RECORD, stream, event);
    clock_gettime(CLOCK_MONOTONIC, &now);
    handle->time = now.tv_sec * 1e3 + now.tv_nsec * 1e-6;
    DONE;
}

float cuda_eventElapsedTime(intptr_t start, intptr_t end, int skip)
{
    return (float)(((struct handle *)end)->time - ((struct handle *)start)->time);
}

/* ---- kernels ---- */

/* What shim.h exports for each kernel, as <name>__kernel. */
struct kernel {
    void (*run)(void **arguments);
    int meets;                        /* its threads wait for each other */
    int count;
    const int *sizes;                 /* of the arguments; negative: a pointer */
};
struct function { struct kernel *kernel; char *name; };
struct index3 { unsigned x, y, z; };
struct index3 emulation_threadIdx, emulation_blockIdx, emulation_blockDim, emulation_gridDim;
char emulation_shared[MAX_SHARED] __attribute__((aligned(128)));     /* extern __shared__ */
char emulation_exchange[MAX_THREADS][16];                            /* for warp shuffles */

/* Threads that meet are coroutines with a stack each, made once and kept.
   ucontext starts them; setjmp and longjmp switch, which is far quicker. */
enum { READY, AT_WARP, AT_BLOCK, ENDED };
static struct fiber { ucontext_t context; jmp_buf state; int started, where; struct index3 index; } *fibers;
static struct fiber *fiber;                                          /* the one running */
static jmp_buf scheduler;
static struct kernel *running;
static void **running_arguments;

void emulation_barrier(int where)
{
    if (!fiber) return;                                              /* a block of one thread */
    fiber->where = where;
    if (!_setjmp(fiber->state)) _longjmp(scheduler, 1);
    emulation_threadIdx = fiber->index;
}

static void fiber_main(void)
{
    for (;;) {
        running->run(running_arguments);
        emulation_barrier(ENDED);
    }
}

static void start_fiber(struct fiber *new, unsigned i)
{
    struct index3 n = emulation_blockDim;
    new->where = READY;
    new->index = (struct index3){i % n.x, i / n.x % n.y, i / n.x / n.y};
    if (new->context.uc_stack.ss_sp) return;
    getcontext(&new->context);
    new->context.uc_stack.ss_sp = malloc(STACK);
    new->context.uc_stack.ss_size = STACK;
    makecontext(&new->context, fiber_main, 0);
}

/* Run every ready thread until it waits.  Then whole warps have arrived where
   some of their threads wait, and the block has where no warp waits. */
static void run_fibers(int count)
{
    static int i, at_warp, at_block;        /* static: longjmp must not undo them */
    if (!fibers) fibers = calloc(MAX_THREADS, sizeof *fibers);
    for (i = 0; i < count; i++) start_fiber(&fibers[i], i);
    do {
        for (i = at_warp = at_block = 0; i < count; i++) {
            if (fibers[i].where == READY) {
                fiber = &fibers[i];
                emulation_threadIdx = fiber->index;
                if (!_setjmp(scheduler)) {
                    if (fiber->started) _longjmp(fiber->state, 1);
                    fiber->started = 1;
                    setcontext(&fiber->context);
                }
            }
            at_warp += fibers[i].where == AT_WARP;
            at_block += fibers[i].where == AT_BLOCK;
        }
        for (i = 0; i < count; i++)
            if (fibers[i].where == (at_warp ? AT_WARP : AT_BLOCK)) fibers[i].where = READY;
    } while (at_warp + at_block);
    fiber = NULL;
}

static void run_block(void)
{
    struct index3 *t = &emulation_threadIdx, n = emulation_blockDim;
    if (running->meets && n.x * n.y * n.z > 1) {
        run_fibers(n.x * n.y * n.z);
        return;
    }
    for (t->z = 0; t->z < n.z; t->z++)
        for (t->y = 0; t->y < n.y; t->y++)
            for (t->x = 0; t->x < n.x; t->x++)
                running->run(running_arguments);
}

/* A pointer argument must be memory that the current device can use; so must the first
   word of a structure, where CuPy's arrays have their data.  The other words are not looked
   at: CuPy leaves some unset (an indexer's index), and old addresses stand there. */
static int check_arguments(struct function *function, void **arguments)
{
    for (int i = 0; i < function->kernel->count; i++) {
        int size = function->kernel->sizes[i], is_pointer = size < 0;
        uintptr_t *words = arguments[i];
        if (abs(size) < (int)sizeof *words) continue;
        uintptr_t address = words[0];
        if (!address || (!is_pointer && !find(address))) continue;
        if (!find(address) && find(address - 1)) address--;      /* an empty array at a block's end */
        const char *why = misuse(address, 1);
        if (!why) continue;
        fail(DRIVER, ILLEGAL_ADDRESS, "kernel %s on device %d: argument %d, memory at %p, %s",
             function->name, current, i, (void *)address, why);
        return 0;
    }
    return 1;
}

PyObject *cuda_launchKernel(intptr_t f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                            unsigned shared, intptr_t stream, intptr_t arguments, intptr_t extra, int skip)
{
    NEEDS_DEVICE(NULL)
    struct function *function = (struct function *)f;
    size_t threads = (size_t)bx * by * bz;
    if (threads == 0 || threads > MAX_THREADS || bz > 64 || !gx || !gy || !gz || gy > 65535 || gz > 65535)
        return fail(DRIVER, INVALID_VALUE, "kernel %s: grid (%u, %u, %u), block (%u, %u, %u)",
                    function->name, gx, gy, gz, bx, by, bz);
    if (shared > MAX_SHARED)
        return fail(DRIVER, INVALID_VALUE, "kernel %s: %u bytes of shared memory", function->name, shared);
    if (!on_current_device(stream))
        return fail(DRIVER, INVALID_HANDLE, "kernel %s: its stream belongs to another device", function->name);
    given(LAUNCH, stream, 0);
    if (!check_arguments(function, (void **)arguments)) return NULL;
    emulation_counters[LAUNCHES]++;
    if (launch_log != Py_None) {
        PyObject *result = PyObject_CallFunction(launch_log, "s", function->name);
        if (!result) return NULL;
        Py_DECREF(result);
    }
    running = function->kernel;
    running_arguments = (void **)arguments;
    emulation_gridDim = (struct index3){gx, gy, gz};
    emulation_blockDim = (struct index3){bx, by, bz};
    struct index3 *b = &emulation_blockIdx;
    for (b->z = 0; b->z < gz; b->z++)
        for (b->y = 0; b->y < gy; b->y++)
            for (b->x = 0; b->x < gx; b->x++)
                run_block();
    DONE;
}

intptr_t cuda_moduleLoadData(PyObject *path, int skip)      /* "cubin": the path of a shared library */
{
    NEEDS_DEVICE(0)
    void *module = dlopen(PyBytes_AsString(path), RTLD_NOW | RTLD_LOCAL);
    if (!module) fail(DRIVER, NOT_FOUND, "%s", dlerror());
    return (intptr_t)module;
}

PyObject *cuda_moduleUnload(intptr_t module, int skip) { DONE; }

intptr_t cuda_moduleGetFunction(intptr_t module, PyObject *name, int skip)
{
    PyObject *symbol = PyUnicode_FromFormat("%U__kernel", name);
    void *kernel = symbol ? dlsym((void *)module, PyUnicode_AsUTF8(symbol)) : NULL;
    Py_XDECREF(symbol);
    if (!kernel) {
        fail(DRIVER, NOT_FOUND, "no kernel named %U", name);
        return 0;
    }
    struct function *function = malloc(sizeof *function);   /* kept: CuPy never gives it back */
    function->kernel = kernel;
    function->name = strdup(PyUnicode_AsUTF8(name));
    return (intptr_t)function;
}

int cuda_funcGetAttribute(int attribute, intptr_t function, int skip) { return attribute == 0 ? MAX_THREADS : 0; }
PyObject *cuda_funcSetAttribute(intptr_t function, int attribute, int value, int skip) { DONE; }
int cuda_occupancyMaxActiveBlocksPerMultiprocessor(intptr_t function, int threads, size_t shared, int skip) { return 1; }
PyObject *cuda_occupancyMaxPotentialBlockSize(intptr_t function, size_t shared, int limit, int skip) { return Py_BuildValue("(ii)", 4, 128); }
