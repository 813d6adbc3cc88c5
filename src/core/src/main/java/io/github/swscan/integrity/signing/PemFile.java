package io.github.swscan.integrity.signing;

import io.github.swscan.input.InputException;
import io.github.swscan.input.InputText;
import io.github.swscan.input.MalformedInputException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.openssl.PEMParser;

/** Keys and certificates in PEM. */
final class PemFile {

    private PemFile() {}

    /**
     * All objects of a file, as Bouncy Castle reads them.
     *
     * @throws InputException if it cannot be read, or is damaged
     */
    static List<Object> read(Path file) {
        try (PEMParser parser = new PEMParser(new StringReader(InputText.read(file)))) {
            List<Object> objects = new ArrayList<>();
            for (Object object = parser.readObject(); object != null; object = parser.readObject()) {
                objects.add(object);
            }
            return objects;
        } catch (IOException | IllegalArgumentException | IllegalStateException | ClassCastException e) {
            throw new MalformedInputException(file, "", "is damaged PEM", "name another file", e);
        }
    }
}
