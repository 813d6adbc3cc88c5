package io.github.swscan.input;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * All files of a folder of this machine and of the folders in it, hidden ones too. Links are followed.
 *
 * @param files sorted by name
 */
public record FileTree(List<Entry> files) {

    /**
     * A file.
     *
     * @param name its path within the folder, with slashes
     * @param path the way to it
     * @param link whether it, or a folder on the way to it, is a symbolic link
     */
    public record Entry(String name, Path path, boolean link) {

        /** Whether it is, or lies in, a file or folder of that name. */
        public boolean isWithin(String place) {
            return name.equals(place) || name.startsWith(place + "/");
        }
    }

    public FileTree {
        files = files.stream().sorted(Comparator.comparing(Entry::name)).toList();
    }

    /**
     * Those of a folder.
     *
     * @param ignored names of files and folders that are left out, with all that is in them
     * @throws InputException if it cannot be listed
     */
    public static FileTree of(Path folder, Collection<String> ignored) {
        try (Stream<Path> all = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return new FileTree(all.filter(path -> !path.equals(folder))
                    .map(path -> new Entry(name(folder, path), path, isLinked(folder, path)))
                    .filter(entry -> ignored.stream().noneMatch(entry::isWithin))
                    .filter(entry -> !Files.isDirectory(entry.path()))
                    .toList());
        } catch (IOException failure) {
            throw InputException.unreadable(folder, failure);
        } catch (UncheckedIOException failure) {
            throw InputException.unreadable(folder, failure.getCause());
        }
    }

    /** Some files, each under its own name. */
    public static FileTree of(List<Path> files) {
        return new FileTree(files.stream()
                .map(file -> new Entry(file.getFileName().toString(), file, Files.isSymbolicLink(file)))
                .toList());
    }

    private static String name(Path folder, Path path) {
        return StreamSupport.stream(folder.relativize(path).spliterator(), false)
                .map(Path::toString)
                .collect(Collectors.joining("/"));
    }

    private static boolean isLinked(Path folder, Path path) {
        for (Path part = path; !part.equals(folder); part = part.getParent()) {
            if (Files.isSymbolicLink(part)) {
                return true;
            }
        }
        return false;
    }
}
