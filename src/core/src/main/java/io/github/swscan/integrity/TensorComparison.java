package io.github.swscan.integrity;

import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.report.Manifest;
import io.github.swscan.report.VerificationReport.Difference;
import io.github.swscan.report.VerificationReport.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** How the tensors of a model differ from those of a manifest. */
final class TensorComparison {

    private final ModelContent content;
    private final Map<String, Manifest.Tensor> before;
    private final Map<String, TensorInfo> now;

    TensorComparison(Manifest manifest, ModelContent content) {
        this.content = content;
        this.before = manifest.tensors().stream()
                .collect(Collectors.toMap(
                        Manifest.Tensor::name, Function.identity(), (one, other) -> one, LinkedHashMap::new));
        this.now = content.checkpoint().tensors();
    }

    /** What the headers tell, without a byte of the data. */
    List<Difference> byHeaders() {
        List<Difference> found = new ArrayList<>();
        before.forEach((name, tensor) -> {
            TensorInfo present = now.get(name);
            if (present == null) {
                found.add(Difference.ofTensor(Kind.TENSOR_MISSING, name, "tensor " + name + " is missing"));
            } else if (!isAlike(tensor, present)) {
                found.add(Difference.ofTensor(
                        Kind.TENSOR_CHANGED,
                        name,
                        "tensor %s is %s %s where it was %s %s"
                                .formatted(name, present.dtype(), present.shape(), tensor.dtype(), tensor.shape())));
            }
        });
        now.keySet().stream()
                .filter(name -> !before.containsKey(name))
                .forEach(name ->
                        found.add(Difference.ofTensor(Kind.TENSOR_ADDED, name, "tensor " + name + " was added")));
        return found;
    }

    private static boolean isAlike(Manifest.Tensor tensor, TensorInfo present) {
        return tensor.dtype().equals(present.dtype().name())
                && tensor.shape().equals(present.shape())
                && tensor.bytes() == present.bytes();
    }

    /** Whether a tensor, as it is read here, has the elements that it had. */
    boolean isAsBefore(String name) {
        TensorInfo present = now.get(name);
        return present != null
                && before.containsKey(name)
                && content.digests(List.of(present), read -> {})
                        .get(0)
                        .equals(before.get(name).sha256());
    }

    /** Whether a file holds what it held, each tensor where it was. */
    boolean isLaidOutAsBefore(String file) {
        Map<String, Long> places = new HashMap<>();
        before.values().stream()
                .filter(tensor -> tensor.file().equals(file))
                .forEach(tensor -> places.put(tensor.name(), tensor.offset()));
        Map<String, Long> placesNow = new HashMap<>();
        now.values().stream()
                .filter(tensor -> content.fileOf(tensor).equals(file))
                .forEach(tensor -> placesNow.put(tensor.name(), tensor.offset()));
        return places.equals(placesNow);
    }

    /** The names of all files that tensors are in, before and now. */
    Set<String> files() {
        Set<String> files = before.values().stream().map(Manifest.Tensor::file).collect(Collectors.toSet());
        now.values().forEach(tensor -> files.add(content.fileOf(tensor)));
        return files;
    }

    /**
     * What the data tell of all tensors that are in some files now, or were. Their headers must be alike, or {@link #byHeaders}
     * tells that they are not.
     */
    List<Difference> byData(Set<String> files, Readings readings) {
        List<TensorInfo> touched = now.values().stream()
                .filter(tensor -> files.contains(content.fileOf(tensor))
                        || (before.containsKey(tensor.name())
                                && files.contains(before.get(tensor.name()).file())))
                .toList();
        long bytes = touched.stream().mapToLong(TensorInfo::bytes).sum();
        List<String> digests = readings.reading(bytes, read -> content.digests(touched, read));
        Map<String, String> digestNow = new LinkedHashMap<>();
        for (int i = 0; i < touched.size(); i++) {
            digestNow.put(touched.get(i).name(), digests.get(i));
        }
        List<Difference> found = new ArrayList<>();
        Map<String, String> changed = new LinkedHashMap<>();
        digestNow.forEach((name, digest) -> {
            Manifest.Tensor tensor = before.get(name);
            if (tensor != null
                    && isAlike(tensor, now.get(name))
                    && !tensor.sha256().equals(digest)) {
                changed.put(name, digest);
            }
        });
        Map<String, String> nameOfDigest = before.values().stream()
                .collect(Collectors.toMap(Manifest.Tensor::sha256, Manifest.Tensor::name, (one, other) -> one));
        changed.forEach((name, digest) -> {
            Optional<String> source = Optional.ofNullable(nameOfDigest.get(digest));
            if (source.isEmpty() || !isSwappedAndTold(name, source.get(), changed)) {
                found.add(changed(name, source, changed));
            }
        });
        digestNow.forEach((name, digest) -> {
            String old = nameOfDigest.get(digest);
            if (!before.containsKey(name) && old != null && !now.containsKey(old)) {
                found.add(Difference.ofTensor(
                        Kind.TENSOR_RENAMED, old, "tensor %s is called %s now".formatted(old, name)));
            }
        });
        return found;
    }

    /** Of two that are swapped the first by name is told. */
    private boolean isSwappedAndTold(String name, String source, Map<String, String> changed) {
        return isSwapped(name, source, changed) && source.compareTo(name) < 0;
    }

    private boolean isSwapped(String name, String source, Map<String, String> changed) {
        return before.get(name).sha256().equals(changed.get(source));
    }

    /** What became of a tensor, which may have the elements of another now. */
    private Difference changed(String name, Optional<String> other, Map<String, String> changed) {
        return other.map(source -> {
                    boolean swapped = isSwapped(name, source, changed);
                    return Difference.ofTensor(
                            swapped ? Kind.TENSORS_SWAPPED : Kind.TENSOR_CHANGED,
                            name,
                            swapped
                                    ? "tensors %s and %s are swapped".formatted(name, source)
                                    : "tensor %s has the elements of %s".formatted(name, source));
                })
                .orElseGet(() ->
                        Difference.ofTensor(Kind.TENSOR_CHANGED, name, "elements of tensor " + name + " changed"));
    }
}
