import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.Security;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** Signs and verifies as Alipay's Java SDK does for sign_type SM2: SM3withSM2 by BouncyCastle. */
class SM2 {
    public static void main(String[] args) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        KeyFactory factory = KeyFactory.getInstance("EC", "BC");
        Signature signature = Signature.getInstance("SM3withSM2", "BC");
        byte[] key = Base64.getDecoder().decode(args[0]);
        byte[] text = args[1].getBytes(StandardCharsets.UTF_8);
        if (args.length == 2) {
            signature.initSign(factory.generatePrivate(new PKCS8EncodedKeySpec(key)));
            signature.update(text);
            System.out.print(Base64.getEncoder().encodeToString(signature.sign()));
            return;
        }
        signature.initVerify(factory.generatePublic(new X509EncodedKeySpec(key)));
        signature.update(text);
        System.out.print(signature.verify(Base64.getDecoder().decode(args[2])));
    }
}
