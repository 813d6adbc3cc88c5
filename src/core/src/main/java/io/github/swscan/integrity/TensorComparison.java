package io.github.swscan.integrity;

import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.report.Manifest;
import io.github.swscan.report.VerificationReport.Difference;
import io.github.swscan.report.VerificationReport.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How the tensors of a model differ from those of a manifest. */
final class TensorComparison {

    private final ModelContent content;
    private final Map<String, Manifest.Tensor> before;
    private final Map<String, TensorInfo> now;
    private final Map<String, String> nameOfDigest;

    /** By file, and in it by tensor. */
    private final Map<String, Map<String, Long>> placesBefore;

    private final Map<String, Map<String, Long>> placesNow;
    private final Set<String> files;

    TensorComparison(Manifest manifest, ModelContent content) {
        this.content = content;
        this.before = manifest.tensors().stream()
                .collect(Collectors.toMap(
                        Manifest.Tensor::name, Function.identity(), (one, other) -> one, LinkedHashMap::new));
        this.now = content.checkpoint().tensors();
        this.nameOfDigest = before.values().stream()
                .collect(Collectors.toMap(Manifest.Tensor::sha256, Manifest.Tensor::name, (one, other) -> one));
        this.placesBefore = before.values().stream()
                .collect(Collectors.groupingBy(
                        Manifest.Tensor::file, Collectors.toMap(Manifest.Tensor::name, Manifest.Tensor::offset)));
        this.placesNow = now.values().stream()
                .collect(
                        Collectors.groupingBy(content::fileOf, Collectors.toMap(TensorInfo::name, TensorInfo::offset)));
        this.files = Stream.concat(placesBefore.keySet().stream(), placesNow.keySet().stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * All differences: what the headers tell of all tensors, and the data of those that are in some files now, or were. A tensor
     * of another name is told once, not as one that is missing and one that was added.
     */
    List<Difference> differences(Set<String> filesToRead, Readings readings) {
        Map<String, String> digests = digests(filesToRead, readings);
        Map<String, String> renamed = renamed(digests);
        return Stream.of(
                        byHeaders().stream()
                                .filter(difference ->
                                        !renamed.containsKey(difference.tensor().orElseThrow())
                                                && !renamed.containsValue(
                                                        difference.tensor().orElseThrow())),
                        renamed.entrySet().stream()
                                .map(names -> Difference.ofTensor(
                                        Kind.TENSOR_RENAMED,
                                        names.getKey(),
                                        "tensor %s is called %s now".formatted(names.getKey(), names.getValue()))),
                        byData(digests).stream())
                .flatMap(differences -> differences)
                .toList();
    }

    /** What the headers tell, without a byte of the data. */
    private List<Difference> byHeaders() {
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
        return placesBefore.getOrDefault(file, Map.of()).equals(placesNow.getOrDefault(file, Map.of()));
    }

    /** The names of all files that tensors are in, before and now. */
    Set<String> files() {
        return files;
    }

    /** Those of the tensors that are in some files now, or were, by name. */
    private Map<String, String> digests(Set<String> files, Readings readings) {
        List<TensorInfo> touched = now.values().stream()
                .filter(tensor -> files.contains(content.fileOf(tensor))
                        || (before.containsKey(tensor.name())
                                && files.contains(before.get(tensor.name()).file())))
                .toList();
        if (touched.isEmpty()) {
            return Map.of();
        }
        long bytes = touched.stream().mapToLong(TensorInfo::bytes).sum();
        List<String> digests = readings.reading(bytes, read -> content.digests(touched, read));
        Map<String, String> byName = new LinkedHashMap<>();
        for (int i = 0; i < touched.size(); i++) {
            byName.put(touched.get(i).name(), digests.get(i));
        }
        return byName;
    }

    /** The names of tensors that have others now, and these. */
    private Map<String, String> renamed(Map<String, String> digests) {
        Map<String, String> renamed = new LinkedHashMap<>();
        digests.forEach((name, digest) -> {
            String old = nameOfDigest.get(digest);
            if (!before.containsKey(name) && old != null && !now.containsKey(old)) {
                renamed.putIfAbsent(old, name);
            }
        });
        return renamed;
    }

    private List<Difference> byData(Map<String, String> digests) {
        Map<String, String> changed = new LinkedHashMap<>();
        digests.forEach((name, digest) -> {
            Manifest.Tensor tensor = before.get(name);
            if (tensor != null
                    && isAlike(tensor, now.get(name))
                    && !tensor.sha256().equals(digest)) {
                changed.put(name, digest);
            }
        });
        List<Difference> found = new ArrayList<>();
        changed.forEach((name, digest) -> {
            Optional<String> source = Optional.ofNullable(nameOfDigest.get(digest));
            if (source.isEmpty() || !isSwappedAndTold(name, source.get(), changed)) {
                found.add(changed(name, source, changed));
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
