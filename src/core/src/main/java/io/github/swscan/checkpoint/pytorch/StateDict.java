package io.github.swscan.checkpoint.pytorch;

import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The tensors of a file that PyTorch saved, found in what its pickle holds and placed in the file. */
final class StateDict {

    /** Under which names training programs keep the weights beside other things. */
    private static final List<String> NESTED =
            List.of("state_dict", "model_state_dict", "model", "module", "model_state", "params", "weights");

    /** Tensors may share their storages, so that a short file can describe a model of any size. */
    private static final long MAX_BYTES_PER_BYTE = 100;

    private StateDict() {}

    /** Where a storage lies in the file. */
    record Place(long offset, long bytes) {}

    /** Tells where storages lie. */
    @FunctionalInterface
    interface Storages {
        /**
         * Where a storage lies.
         *
         * @throws io.github.swscan.input.InputException if there is no such storage
         */
        Place of(String key);
    }

    /**
     * Places the tensors, in the order in which they lie in the file.
     *
     * @throws io.github.swscan.input.InputException if there are no tensors, or one does not lie within its storage
     */
    static List<TensorInfo> tensors(Path file, Object pickled, Storages storages) {
        Map<String, PickledTensor> tensors = find(pickled).orElseThrow(() -> notFound(file, pickled));
        List<TensorInfo> placed = new ArrayList<>();
        Map<Long, Long> storageBytes = new HashMap<>();
        tensors.forEach((name, tensor) -> {
            Place storage = storages.of(tensor.storage());
            placed.add(placed(file, name, tensor, storage));
            storageBytes.put(storage.offset(), storage.bytes());
        });
        requireFewShared(file, placed, storageBytes.values());
        placed.sort(Comparator.comparingLong(TensorInfo::offset).thenComparing(TensorInfo::name));
        return placed;
    }

    private static void requireFewShared(Path file, List<TensorInfo> tensors, Collection<Long> storages) {
        double bytes = tensors.stream().mapToDouble(TensorInfo::bytes).sum();
        double stored = storages.stream().mapToDouble(Long::doubleValue).sum();
        if (bytes > MAX_BYTES_PER_BYTE * stored) {
            throw new UnsupportedInputException(
                    file,
                    "",
                    "has tensors of %.0f bytes that share storages of %.0f bytes, more than %d times as many"
                            .formatted(bytes, stored, MAX_BYTES_PER_BYTE),
                    "save the model again with fewer shared tensors");
        }
    }

    /** The bytes of an element of every storage that a tensor lies in. */
    static Map<String, Integer> elementSizes(Object pickled) {
        Map<String, Integer> sizes = new HashMap<>();
        find(pickled)
                .orElse(Map.of())
                .values()
                .forEach(tensor -> sizes.put(tensor.storage(), tensor.dtype().bytes()));
        return sizes;
    }

    /**
     * At the top or one level below under a usual name, where there are most tensors: beside the weights there may be
     * others, such as the best loss so far. Where there are none, the only ones one level below, whatever their name.
     */
    private static Optional<Map<String, PickledTensor>> find(Object pickled) {
        Map<?, ?> map = pickled instanceof Map<?, ?> entries ? entries : Map.of();
        return Stream.concat(Stream.of(pickled), NESTED.stream().map(map::get))
                .map(StateDict::tensorsIn)
                .flatMap(Optional::stream)
                .reduce((most, next) -> next.size() > most.size() ? next : most)
                .or(() -> Optional.of(keysOfStateDicts(map))
                        .filter(keys -> keys.size() == 1)
                        .flatMap(keys -> tensorsIn(map.get(keys.get(0)))));
    }

    private static List<String> keysOfStateDicts(Map<?, ?> map) {
        return textKeys(map).filter(key -> tensorsIn(map.get(key)).isPresent()).toList();
    }

    private static Stream<String> textKeys(Map<?, ?> map) {
        return map.keySet().stream().filter(String.class::isInstance).map(String.class::cast);
    }

    private static UnsupportedInputException notFound(Path file, Object pickled) {
        Map<?, ?> map = pickled instanceof Map<?, ?> entries ? entries : Map.of();
        List<String> several = keysOfStateDicts(map);
        if (!several.isEmpty()) {
            return new UnsupportedInputException(
                    file,
                    "",
                    "holds several state dicts: under " + PrintableText.quoted(several),
                    "save one of them alone with torch.save, or convert it to safetensors");
        }
        List<String> keys = textKeys(map).toList();
        return new UnsupportedInputException(
                file,
                "",
                "holds no state dict: no tensors by name"
                        + (keys.isEmpty() ? "" : ", but " + PrintableText.quoted(keys)),
                "save model.state_dict() with torch.save, or convert it to safetensors");
    }

    private static Optional<Map<String, PickledTensor>> tensorsIn(Object pickled) {
        Map<String, PickledTensor> tensors = new LinkedHashMap<>();
        if (pickled instanceof Map<?, ?> map) {
            map.forEach((key, value) -> {
                if (key instanceof String name && !name.isEmpty() && value instanceof PickledTensor tensor) {
                    tensors.put(name, tensor);
                }
            });
        }
        return tensors.isEmpty() ? Optional.empty() : Optional.of(tensors);
    }

    private static TensorInfo placed(Path file, String name, PickledTensor tensor, Place storage) {
        int size = tensor.dtype().bytes();
        try {
            if (Math.multiplyExact(tensor.storageElements(), size) > storage.bytes()) {
                throw malformed(
                        file,
                        name,
                        "has a storage of " + tensor.storageElements() + " elements, but only " + storage.bytes()
                                + " bytes are there");
            }
            long last = last(file, name, tensor);
            if (tensor.first() < 0 || tensor.first() > tensor.storageElements() || last >= tensor.storageElements()) {
                throw malformed(file, name, "reaches beyond its storage");
            }
            long bytes = TensorInfo.bytes(tensor.dtype(), tensor.shape());
            if (bytes > storage.bytes()) {
                throw new UnsupportedInputException(
                        file,
                        name,
                        "has more elements than its storage, some of them many times: " + tensor.shape(),
                        "save the model again with contiguous tensors");
            }
            return new TensorInfo(
                    name,
                    tensor.dtype(),
                    tensor.shape(),
                    tensor.strides(),
                    file,
                    storage.offset() + tensor.first() * size,
                    bytes);
        } catch (ArithmeticException | IllegalArgumentException overflow) {
            throw malformed(file, name, "has an impossible shape: " + tensor.shape());
        }
    }

    /** The storage's element that is the tensor's last; -1 without elements. */
    private static long last(Path file, String name, PickledTensor tensor) {
        long last = tensor.first();
        for (int dimension = 0; dimension < tensor.shape().size(); dimension++) {
            long length = tensor.shape().get(dimension);
            long stride = tensor.strides().get(dimension);
            if (length < 0 || stride < 0) {
                throw malformed(file, name, "has an impossible shape: " + tensor.shape() + ", " + tensor.strides());
            }
            if (length == 0) {
                return -1;
            }
            last = Math.addExact(last, Math.multiplyExact(length - 1, stride));
        }
        return last;
    }

    private static MalformedInputException malformed(Path file, String name, String problem) {
        return new MalformedInputException(file, name, problem, "download the file again");
    }
}
