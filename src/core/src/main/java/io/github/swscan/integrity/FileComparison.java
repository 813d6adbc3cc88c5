package io.github.swscan.integrity;

import io.github.swscan.input.FileTree;
import io.github.swscan.input.LocalSource;
import io.github.swscan.integrity.AllProcessors.Task;
import io.github.swscan.integrity.signing.Resource;
import io.github.swscan.report.Manifest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * How the files of a model differ from those that a reference names.
 *
 * @param missing that are not there
 * @param added that it does not name
 * @param changed that have other bytes, or of which that is known without reading them
 */
record FileComparison(Set<String> missing, Set<String> added, Set<String> changed) {

    boolean isEmpty() {
        return missing.isEmpty() && added.isEmpty() && changed.isEmpty();
    }

    /** Whatever is another. */
    Set<String> all() {
        Set<String> all = new TreeSet<>(missing);
        all.addAll(added);
        all.addAll(changed);
        return all;
    }

    /** By sizes alone. */
    static FileComparison bySize(Reference reference, ModelTree tree) {
        Map<String, FileTree.Entry> now = entries(tree);
        Set<String> changed = reference.manifest().stream()
                .flatMap(manifest -> manifest.files().stream())
                .filter(file -> now.containsKey(file.name()) && tree.size(now.get(file.name())) != file.bytes())
                .map(Manifest.File::name)
                .collect(Collectors.toCollection(TreeSet::new));
        return of(reference, now, changed);
    }

    /** By all their bytes. */
    static FileComparison byDigest(Reference reference, ModelTree tree, Readings readings) {
        Map<String, FileTree.Entry> now = entries(tree);
        Map<String, List<Resource>> byFile = reference.resources().stream()
                .collect(Collectors.groupingBy(Resource::file, LinkedHashMap::new, Collectors.toList()));
        List<Resource> there = new ArrayList<>();
        List<Task<String>> tasks = new ArrayList<>();
        Set<String> changed = new TreeSet<>();
        byFile.forEach((file, resources) -> {
            FileTree.Entry entry = now.get(file);
            if (entry == null) {
                return;
            }
            long size = tree.size(entry);
            if (!areAllOf(size, resources)) {
                changed.add(file);
            }
            for (Resource resource : resources) {
                there.add(resource);
                tasks.add(task(resource, entry, size));
            }
        });
        long bytes = tasks.stream().mapToLong(Task::size).sum();
        List<String> digests = readings.reading(bytes, read -> AllProcessors.run(tasks, read));
        for (int i = 0; i < digests.size(); i++) {
            if (!digests.get(i).equals(there.get(i).digest())) {
                changed.add(there.get(i).file());
            }
        }
        return of(reference, now, changed);
    }

    /** Whether parts of a file leave nothing of it out. */
    private static boolean areAllOf(long size, List<Resource> resources) {
        if (resources.stream().allMatch(resource -> resource.range().isEmpty())) {
            return true;
        }
        long end = 0;
        for (Resource.Range range : resources.stream()
                .flatMap(resource -> resource.range().stream())
                .sorted(Comparator.comparingLong(Resource.Range::start))
                .toList()) {
            if (range.start() > end) {
                return false;
            }
            end = Math.max(end, range.end());
        }
        return end == size;
    }

    private static Task<String> task(Resource resource, FileTree.Entry entry, long size) {
        long length = resource.range().map(range -> range.end() - range.start()).orElse(size);
        return new Task<>(length, read -> {
            LocalSource source = LocalSource.of(entry.path());
            try {
                String digest = ResourceDigest.of(resource, source, read);
                source.checkUnchanged();
                return digest;
            } finally {
                source.close();
            }
        });
    }

    private static FileComparison of(Reference reference, Map<String, FileTree.Entry> now, Set<String> changed) {
        Set<String> named = reference.resources().stream().map(Resource::file).collect(Collectors.toSet());
        Set<String> missing =
                named.stream().filter(file -> !now.containsKey(file)).collect(Collectors.toCollection(TreeSet::new));
        Set<String> added = now.keySet().stream()
                .filter(name -> !named.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
        return new FileComparison(missing, added, changed);
    }

    private static Map<String, FileTree.Entry> entries(ModelTree tree) {
        return tree.files().files().stream()
                .collect(Collectors.toMap(
                        FileTree.Entry::name, entry -> entry, (one, other) -> one, LinkedHashMap::new));
    }
}
