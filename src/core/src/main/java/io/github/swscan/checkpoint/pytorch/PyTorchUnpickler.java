package io.github.swscan.checkpoint.pytorch;

import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorLimits;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsafePickleException;
import io.github.swscan.input.UnsupportedInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.razorvine.pickle.IObjectConstructor;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.PickleException;
import net.razorvine.pickle.Unpickler;

/**
 * Reads what PyTorch pickles. A pickle is a program: here only instructions that build plain values are followed, and
 * only the few names that tensors are made of mean anything. Any other name ends the reading and is told, for a file of
 * weights has no use for it. Nothing is looked up, imported or executed.
 *
 * <p>TorchScript's archives name a class for each module, beginning with {@code __torch__}. There, and only there, an
 * object of any such class is a {@link ScriptModule}: its attributes by name.
 */
final class PyTorchUnpickler extends Unpickler {

    /** A file wants to load a name that no file of weights needs. */
    static final class ForbiddenNameException extends PickleException {
        private static final long serialVersionUID = 1;

        ForbiddenNameException(String name) {
            super(name);
        }
    }

    /** The type of a storage, which is named by its class. */
    private record StorageType(DType dtype) {}

    /** A class of TorchScript's. All are alike here. */
    private enum ScriptClass {
        ANY
    }

    /** With these TorchScript says what its lists hold. */
    private static final Set<String> OF_LISTS = Set.of(
            "torch.jit._pickle.build_intlist",
            "torch.jit._pickle.build_doublelist",
            "torch.jit._pickle.build_boollist",
            "torch.jit._pickle.build_tensorlist",
            "torch.jit._pickle.restore_type_tag");

    /** What training programs save beside the weights: values that do nothing. They are not read, but no cause for alarm. */
    private static final Set<String> PLAIN_VALUES = Set.of(
            "torch.float16",
            "torch.bfloat16",
            "torch.float32",
            "torch.float64",
            "torch.int8",
            "torch.int16",
            "torch.int32",
            "torch.int64",
            "torch.uint8",
            "torch.bool",
            "torch.complex64",
            "torch.complex128",
            "builtins.complex",
            "__builtin__.complex",
            "collections.Counter",
            "collections.defaultdict",
            "collections.deque",
            "pathlib.Path",
            "pathlib.PosixPath",
            "pathlib.PurePosixPath",
            "pathlib.PureWindowsPath",
            "pathlib.WindowsPath",
            "datetime.date",
            "datetime.datetime",
            "datetime.timedelta",
            "datetime.timezone",
            "argparse.Namespace",
            "numpy.core.multiarray._reconstruct",
            "numpy._core.multiarray._reconstruct",
            "numpy.core.multiarray.scalar",
            "numpy._core.multiarray.scalar",
            "numpy.dtype");

    private final Path file;
    private final ByteArrayInputStream bytes;
    private final boolean torchScript;

    private PyTorchUnpickler(Path file, ByteArrayInputStream bytes, boolean torchScript) {
        this.file = file;
        this.bytes = bytes;
        this.torchScript = torchScript;
    }

    /**
     * Reads one pickle.
     *
     * @param file for messages
     * @param field what the pickle is, for messages
     * @param bytes where it begins; it may be followed by others, before which the reading stops
     * @return maps, lists, texts, numbers and {@link PickledTensor}s
     * @throws InputException if it is malformed, or wants to load what is not allowed
     */
    static Object read(Path file, String field, ByteArrayInputStream bytes) {
        return read(field, bytes, new PyTorchUnpickler(file, bytes, false));
    }

    /**
     * Reads the pickle of a TorchScript archive.
     *
     * @return the same as {@link #read}, and {@link ScriptModule}s
     * @throws InputException if it is malformed, or wants to load what is not allowed
     */
    static Object readTorchScript(Path file, String field, ByteArrayInputStream bytes) {
        return read(field, bytes, new PyTorchUnpickler(file, bytes, true));
    }

    private static Object read(String field, ByteArrayInputStream bytes, PyTorchUnpickler unpickler) {
        Path file = unpickler.file;
        int all = bytes.available();
        try {
            return unpickler.load(bytes);
        } catch (ForbiddenNameException forbidden) {
            if (PLAIN_VALUES.contains(forbidden.getMessage())) {
                throw new UnsupportedInputException(
                        file,
                        field,
                        "holds something else than tensors, " + forbidden.getMessage() + ", which is not read",
                        "save the model's state_dict() alone, or convert it to safetensors; of what HQQ saved as qmodel.pt, "
                                + "scan the checkpoint that was quantized",
                        forbidden);
            }
            throw new UnsafePickleException(file, field, forbidden.getMessage(), all - bytes.available(), forbidden);
        } catch (IOException | RuntimeException | StackOverflowError malformed) {
            if (malformed instanceof InputException known) {
                throw known;
            }
            throw new MalformedInputException(
                    file,
                    field,
                    "is not a pickle that can be read" + reason(malformed),
                    "download the file again",
                    malformed);
        }
    }

    private static String reason(Throwable malformed) {
        if (malformed instanceof IOException) {
            return ": it ends too early";
        }
        return malformed instanceof PickleException && malformed.getMessage() != null
                ? ": " + malformed.getMessage()
                : "";
    }

    @Override
    protected Object dispatch(short key) throws PickleException, IOException {
        switch (key) {
            case Opcodes.GLOBAL -> stack.add(named(line(), line()));
            case Opcodes.STACK_GLOBAL -> {
                if (!(stack.pop() instanceof String name) || !(stack.pop() instanceof String module)) {
                    throw new PickleException("a name that is no text");
                }
                stack.add(named(module, name));
            }
            // In lists, maps and keys the library itself would let a short pickle take for ever.
            case Opcodes.APPENDS -> {
                List<Object> items = stack.pop_all_since_marker();
                list().addAll(items);
            }
            case Opcodes.DICT -> {
                List<Object> items = stack.pop_all_since_marker();
                stack.add(new LinkedHashMap<>());
                put(items);
            }
            case Opcodes.SETITEMS -> put(stack.pop_all_since_marker());
            case Opcodes.SETITEM -> {
                Object value = stack.pop();
                put(Arrays.asList(stack.pop(), value));
            }
            case Opcodes.BUILD -> build();
            case Opcodes.NEWOBJ -> {
                Object arguments = stack.pop();
                if (stack.pop() != ScriptClass.ANY || !(arguments instanceof Object[] none) || none.length > 0) {
                    throw new PickleException("an object of a class");
                }
                stack.add(new ScriptModule());
            }
            case Opcodes.REDUCE -> {
                Object arguments = stack.pop();
                Object constructor = stack.pop();
                if (!(constructor instanceof IObjectConstructor known) || !(arguments instanceof Object[] values)) {
                    throw new PickleException("a call of something that cannot be called");
                }
                stack.add(known.construct(values));
            }
            case Opcodes.BINUNICODE, Opcodes.BINBYTES, Opcodes.BINSTRING -> {
                requireAvailable(Integer.BYTES);
                return super.dispatch(key);
            }
            case Opcodes.BINUNICODE8, Opcodes.BINBYTES8 -> {
                requireAvailable(Long.BYTES);
                return super.dispatch(key);
            }
            case Opcodes.PROTO,
                    Opcodes.FRAME,
                    Opcodes.STOP,
                    Opcodes.MARK,
                    Opcodes.POP,
                    Opcodes.POP_MARK,
                    Opcodes.NONE,
                    Opcodes.NEWTRUE,
                    Opcodes.NEWFALSE,
                    Opcodes.BININT,
                    Opcodes.BININT1,
                    Opcodes.BININT2,
                    Opcodes.LONG1,
                    Opcodes.BINFLOAT,
                    Opcodes.SHORT_BINUNICODE,
                    Opcodes.SHORT_BINSTRING,
                    Opcodes.SHORT_BINBYTES,
                    Opcodes.EMPTY_TUPLE,
                    Opcodes.TUPLE,
                    Opcodes.TUPLE1,
                    Opcodes.TUPLE2,
                    Opcodes.TUPLE3,
                    Opcodes.EMPTY_LIST,
                    Opcodes.LIST,
                    Opcodes.APPEND,
                    Opcodes.EMPTY_DICT,
                    Opcodes.BINGET,
                    Opcodes.LONG_BINGET,
                    Opcodes.BINPUT,
                    Opcodes.LONG_BINPUT,
                    Opcodes.MEMOIZE,
                    Opcodes.BINPERSID -> {
                return super.dispatch(key);
            }
            default -> throw new PickleException("instruction " + key + " has no place in a file of weights");
        }
        return NO_RETURN_VALUE;
    }

    @SuppressWarnings("unchecked")
    private List<Object> list() {
        return (List<Object>) stack.peek();
    }

    /** Puts keys and values, which take turns, into the map on the stack. */
    @SuppressWarnings("unchecked")
    private void put(List<Object> items) {
        Map<Object, Object> map = (Map<Object, Object>) stack.peek();
        for (int i = 0; i < items.size(); i += 2) {
            map.put(checkedKey(items.get(i)), items.get(i + 1));
        }
    }

    /** As in Python, no list or map is a key: its hash is that of all its contents, which may repeat one another. */
    private static Object checkedKey(Object key) {
        if (key == null
                || key instanceof String
                || key instanceof Number
                || key instanceof Boolean
                || key instanceof Object[]) {
            return key;
        }
        throw new PickleException("a key that is no text, number or tuple");
    }

    /** The reference to a storage: ("storage", type, key, device, elements), in old files with a view after it. */
    @Override
    protected Object persistentLoad(Object reference) {
        if (!(reference instanceof Object[] parts)
                || parts.length < 5
                || !"storage".equals(parts[0])
                || !(parts[1] instanceof StorageType type)
                || !(parts[2] instanceof String key)
                || !(parts[4] instanceof Number elements)) {
            throw new PickleException("a reference to something that is no storage");
        }
        if (parts.length > 5 && parts[5] != null) {
            throw new UnsupportedInputException(
                    file, key, "is a view of another storage", "save the model again with PyTorch 1.6 or newer");
        }
        return new PickledTensor(
                key, type.dtype(), elements.longValue(), 0, List.of(elements.longValue()), List.of(1L));
    }

    /** The state of an object: of a module its attributes, of a state dict nothing that tells of its tensors. */
    private void build() {
        Object state = stack.pop();
        Object object = stack.peek();
        if (object instanceof ScriptModule module) {
            module.build(state);
        } else if (!(object instanceof Map)) {
            throw new PickleException("an object with a state");
        }
    }

    private Object named(String module, String name) {
        String full = module + "." + name;
        // Python would look for what a dotted name says within what the module holds.
        if (name.contains(".")) {
            throw new ForbiddenNameException(full);
        }
        if (torchScript && full.startsWith("__torch__.")) {
            return ScriptClass.ANY;
        }
        if (torchScript && OF_LISTS.contains(full)) {
            return constructor(arguments -> arguments[0]);
        }
        return switch (full) {
            case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor" ->
                constructor(PyTorchUnpickler::view);
            case "torch._utils._rebuild_tensor_v3" -> constructor(PyTorchUnpickler::typedView);
            case "torch.storage.UntypedStorage" -> new StorageType(DType.U8);
            case "torch.float8_e4m3fn" -> DType.F8_E4M3;
            case "torch.float8_e5m2" -> DType.F8_E5M2;
            case "torch.float8_e4m3fnuz",
                    "torch.float8_e5m2fnuz",
                    "torch.float8_e8m0fnu",
                    "torch.uint16",
                    "torch.uint32",
                    "torch.uint64",
                    "torch.ComplexFloatStorage",
                    "torch.ComplexDoubleStorage",
                    "torch._utils._rebuild_qtensor" ->
                throw new UnsupportedInputException(
                        file, full, "tensors of this type are not supported", "scan the checkpoint as it was before");
            case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state" ->
                constructor(arguments -> arguments[0]);
            case "collections.OrderedDict" -> constructor(arguments -> new LinkedHashMap<>());
            case "torch.Size" -> constructor(arguments -> arguments[0]);
            case "torch.device" -> constructor(arguments -> "device");
            case "builtins.set", "__builtin__.set" -> constructor(arguments -> List.of());
            case "torch.nn.parameter.Parameter" -> constructor(arguments -> arguments[0]);
            default ->
                storageType(full).<Object>map(StorageType::new).orElseThrow(() -> new ForbiddenNameException(full));
        };
    }

    private static IObjectConstructor constructor(IObjectConstructor constructor) {
        return constructor;
    }

    private static Optional<DType> storageType(String name) {
        return switch (name) {
            case "torch.DoubleStorage" -> Optional.of(DType.F64);
            case "torch.FloatStorage" -> Optional.of(DType.F32);
            case "torch.HalfStorage" -> Optional.of(DType.F16);
            case "torch.BFloat16Storage" -> Optional.of(DType.BF16);
            case "torch.LongStorage" -> Optional.of(DType.I64);
            case "torch.IntStorage" -> Optional.of(DType.I32);
            case "torch.ShortStorage" -> Optional.of(DType.I16);
            case "torch.CharStorage" -> Optional.of(DType.I8);
            case "torch.ByteStorage" -> Optional.of(DType.U8);
            case "torch.BoolStorage" -> Optional.of(DType.BOOL);
            default -> Optional.empty();
        };
    }

    /** (storage, first element, shape, strides, ...). */
    private static Object view(Object[] arguments) {
        if (arguments.length < 4
                || !(arguments[0] instanceof PickledTensor storage)
                || !(arguments[1] instanceof Number first)) {
            throw new PickleException("a tensor without a storage");
        }
        if (arguments.length > 6 && arguments[6] instanceof Map<?, ?> bits && !bits.isEmpty()) {
            throw new PickleException(
                    "a tensor whose stored numbers are to be changed when they are read: " + bits.keySet());
        }
        List<Long> shape = wholeNumbers(arguments[2]);
        List<Long> strides = wholeNumbers(arguments[3]);
        if (shape.size() != strides.size()) {
            throw new PickleException(
                    "a tensor of " + shape.size() + " dimensions with " + strides.size() + " strides");
        }
        return new PickledTensor(
                storage.storage(), storage.dtype(), storage.storageElements(), first.longValue(), shape, strides);
    }

    /** (storage of bytes, first element, shape, strides, gradient, hooks, type of the elements, ...). */
    private static Object typedView(Object[] arguments) {
        if (arguments.length < 7 || !(arguments[6] instanceof DType type) || type.bytes() != 1) {
            throw new PickleException("a tensor without a type");
        }
        PickledTensor bytes = (PickledTensor) view(arguments);
        return new PickledTensor(
                bytes.storage(), type, bytes.storageElements(), bytes.first(), bytes.shape(), bytes.strides());
    }

    private static List<Long> wholeNumbers(Object tuple) {
        if (!(tuple instanceof Object[] values)) {
            throw new PickleException("a shape that is no tuple");
        }
        if (values.length > TensorLimits.MAX_RANK) {
            throw new PickleException("a tensor of more than " + TensorLimits.MAX_RANK + " dimensions");
        }
        List<Long> numbers = new ArrayList<>();
        for (Object value : values) {
            if (!(value instanceof Integer) && !(value instanceof Long)) {
                throw new PickleException("a size that is no whole number");
            }
            numbers.add(((Number) value).longValue());
        }
        return numbers;
    }

    /** Reserves no memory for a text that is longer than what is left of the pickle. */
    private void requireAvailable(int lengthBytes) throws IOException {
        bytes.mark(0);
        long length = 0;
        for (int i = 0; i < lengthBytes; i++) {
            length |= (long) Math.max(0, bytes.read()) << (8 * i);
        }
        boolean there = length >= 0 && length <= bytes.available();
        bytes.reset();
        if (!there) {
            throw new PickleException("a text of " + length + " bytes, longer than the pickle");
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = bytes.read(); next != '\n'; next = bytes.read()) {
            if (next < 0) {
                throw new PickleException("ends within a name");
            }
            line.append((char) next);
        }
        return new String(line.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
