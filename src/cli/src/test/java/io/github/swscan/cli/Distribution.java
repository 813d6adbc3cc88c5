package io.github.swscan.cli;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;

/** The program as it is installed, with its real launcher; made of the classes under test. */
record Distribution(Path folder) {

    private static final Path LAUNCHER = Path.of("src/cli/src/main/distribution/bin/swscan");

    /** With jars that every user can read. */
    static Distribution in(Path folder) throws IOException {
        Path lib = Files.createDirectories(folder.resolve("lib"));
        Path launcher = Files.createDirectories(folder.resolve("bin")).resolve("swscan");
        Files.copy(LAUNCHER, launcher);
        launcher.toFile().setExecutable(true, false);

        List<String> jars = new ArrayList<>();
        List<Path> classes = new ArrayList<>();
        for (Path entry : classPath()) {
            if (Files.isDirectory(entry)) {
                classes.add(entry);
            } else if (Files.exists(entry)) {
                jars.add(entry.getFileName().toString());
                copy(entry, lib.resolve(entry.getFileName()));
            }
        }
        try (OutputStream file = Files.newOutputStream(lib.resolve("swscan.jar"));
                JarOutputStream jar = new JarOutputStream(file, manifest(jars))) {
            for (Path part : classes) {
                add(part, jar);
            }
        }
        return new Distribution(folder);
    }

    private static Manifest manifest(List<String> jars) {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.put(Attributes.Name.MAIN_CLASS, Swscan.class.getName());
        attributes.put(Attributes.Name.CLASS_PATH, String.join(" ", jars));
        attributes.putValue("Add-Opens", "java.base/java.io");
        return manifest;
    }

    private static List<Path> classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes") && !entry.endsWith("-tests.jar"))
                .map(Path::of)
                .toList();
    }

    /** As a link where the file systems allow, which takes no time. */
    private static void copy(Path from, Path to) throws IOException {
        try {
            Files.createLink(to, from.toRealPath());
        } catch (FileAlreadyExistsException ofTheSameName) {
            throw ofTheSameName;
        } catch (IOException | UnsupportedOperationException otherFileSystem) {
            Files.copy(from, to);
        }
    }

    private static void add(Path classes, JarOutputStream jar) throws IOException {
        List<Path> files;
        try (var found = Files.walk(classes)) {
            files = found.filter(Files::isRegularFile).toList();
        }
        for (Path file : files) {
            String name = classes.relativize(file).toString().replace(File.separatorChar, '/');
            if (!name.equals("META-INF/MANIFEST.MF")) {
                jar.putNextEntry(new ZipEntry(name));
                Files.copy(file, jar);
                jar.closeEntry();
            }
        }
    }

    Path lib(String name) {
        return folder.resolve("lib").resolve(name);
    }

    /** The command of the launcher. */
    List<String> command(String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(folder.resolve("bin/swscan").toString()));
        command.addAll(List.of(arguments));
        return command;
    }
}
