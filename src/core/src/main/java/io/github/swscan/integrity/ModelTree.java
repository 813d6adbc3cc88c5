package io.github.swscan.integrity;

import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.input.FileTree;
import io.github.swscan.input.InputException;
import io.github.swscan.input.LocalFolder;
import io.github.swscan.input.LocalSource;
import io.github.swscan.output.InPlaceEdit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which files a model has.
 *
 * @param name that of its folder, or of the file that it is
 * @param folder where they are; empty if the user named a file
 * @param files all of them
 * @param ignored what in the folder is no part of the model
 */
public record ModelTree(String name, Optional<Path> folder, FileTree files, List<String> ignored) {

    /** What Git keeps beside a model. OpenSSF Model Signing leaves out the same. */
    private static final List<String> OF_GIT = List.of(".git", ".gitattributes", ".github", ".gitignore");

    /**
     * That of a model: all that is in its folder, but what Git keeps there; of a file it and those that belong to it.
     *
     * @param model as the user named it
     * @param others what lies in its folder and is no part of it, such as the manifest
     * @throws InputException if there is no such model, or it cannot be listed
     */
    public static ModelTree of(Path model, List<Path> others) {
        Optional<Path> folder = CheckpointLocation.folder(model).map(LocalFolder::name);
        List<String> ignored = Stream.concat(
                        folder.stream()
                                .flatMap(place -> others.stream().flatMap(other -> within(place, other).stream())),
                        OF_GIT.stream())
                .distinct()
                .toList();
        List<String> left =
                Stream.concat(ignored.stream(), Stream.of(InPlaceEdit.JOURNAL)).toList();
        return folder.map(place -> new ModelTree(name(place), folder, FileTree.of(place, left), ignored))
                .orElseGet(() -> new ModelTree(name(model), folder, FileTree.of(ofFile(model)), ignored));
    }

    private static List<Path> ofFile(Path model) {
        try {
            CheckpointLocation location = CheckpointLocation.find(model);
            List<Path> files = new ArrayList<>(location.weights());
            location.index().ifPresent(files::add);
            return files;
        } catch (InputException unusable) {
            // A file that is there is damaged, which whoever opens it is told; one that is not is no model.
            return List.of(LocalSource.of(model).name());
        }
    }

    private static String name(Path path) {
        Path last = path.toAbsolutePath().normalize().getFileName();
        return last == null ? path.toString() : last.toString();
    }

    private static Optional<String> within(Path folder, Path other) {
        try {
            Path parent = other.toAbsolutePath().getParent();
            if (parent == null || !Files.isDirectory(parent)) {
                return Optional.empty();
            }
            Path real = parent.toRealPath().resolve(other.getFileName());
            Path root = folder.toRealPath();
            return real.startsWith(root)
                    ? Optional.of(root.relativize(real).toString().replace('\\', '/'))
                    : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same with more left out. */
    ModelTree without(List<String> more) {
        FileTree fewer = new FileTree(files.files().stream()
                .filter(entry -> more.stream().noneMatch(entry::isWithin))
                .toList());
        return new ModelTree(name, folder, fewer, ignored);
    }

    /** One of its files. */
    Optional<FileTree.Entry> entry(String file) {
        return files.files().stream().filter(entry -> entry.name().equals(file)).findFirst();
    }

    /** In bytes. */
    long size(FileTree.Entry entry) {
        return LocalSource.of(entry.path()).size();
    }

    /** Whether the model is one file. */
    public boolean isSingleFile() {
        return folder.isEmpty() && files.files().size() == 1;
    }

    /** Whether some of its files are symbolic links. */
    public boolean hasLinks() {
        return files.files().stream().anyMatch(FileTree.Entry::link);
    }
}
